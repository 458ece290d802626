import { isInput, isOutput } from '../../document/schema/ends.ts';
import { adaptNormalization } from '../../compiler/forward/adapt-normalization.ts';
import { BLOCK_INPUT, BLOCK_OUTPUT } from '../../document/schema/blocks.ts';
import { uniqueName } from '../../document/schema/names.ts';
import { sharesWeights } from '../../document/schema/shared-layers.ts';
import { expandBlocks } from '../../compiler/expand/expand.ts';
import { idInside } from '../../compiler/expand/expanded.ts';
import type { BlockCopy, ExpandedModel, NodeOrigin } from '../../compiler/expand/expanded.ts';
import { flattenBlocks } from '../../compiler/expand/flatten.ts';
import { readGraph } from '../../compiler/graph/graph.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';
import { readInputs } from '../../compiler/graph/inputs.ts';
import type { ModelFeatures } from '../../compiler/graph/inputs.ts';
import type { ModelAnalysis, NodeAnalysis } from '../../compiler/graph/compiled.ts';
import type { JsonValue, ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import type { KerasMode, LayerDefinition } from '../../layers/definition/layer.ts';
import { nestedLayer } from '../../layers/parameters/nested-layer.ts';
import { kindOf } from '../../layers/parameters/parameter-spec.ts';
import type { LayerWithParameters, ParameterSpec } from '../../layers/parameters/parameter-spec.ts';
import { resolveParameters } from '../../layers/parameters/resolve-parameters.ts';
import type { ParameterValues } from '../../layers/parameters/resolve-parameters.ts';
import { learningRateMultiplierOf } from '../../layers/parameters/training-parameters.ts';
import type { Shape } from '../../program/language/types.ts';
import { snake } from '../../layers/parameters/keras-value.ts';
import { isKerasObject } from './keras-model.ts';
import type { KerasLayer, KerasModel } from './keras-model.ts';
import type { KerasArguments, KerasValue } from '../../layers/parameters/keras-value.ts';

/**
 * Converts a document to Keras's terms. Blocks become nested models if any layers share weights, so that
 * Keras calls them in the same order; otherwise they are flattened. Omits arguments with Keras's default, and
 * layers that do not lead to an Output; what Keras cannot express becomes a note.
 *
 * @param analysis Analysis of this document: shapes, and which layers have weights.
 * @param features Statistics of the training rows for Normalization; null: a note says how to adapt it.
 */
export function toKeras(
  document: ModelDocument,
  analysis: ModelAnalysis,
  features: ModelFeatures | null = null,
): KerasModel {
  const { origins, ...expanded } = sharesWeights(document)
    ? expandBlocks(document)
    : { document: flattenBlocks(document), origins: new Map<string, NodeOrigin>() };
  const writer = new ModelWriter(adapted(readGraph(expanded.document), features), origins, analysis);
  const name = document.name.replace(/\W+/g, '_') || 'model';
  return { ...writer.model(name, null), notes: writer.notes };
}

class ModelWriter {
  readonly notes: string[] = [];
  private readonly graph: ModelGraph;
  private readonly origins: ExpandedModel['origins'];
  private readonly analysis: ModelAnalysis;
  /** Owners of the layers and blocks that are written, by id. */
  private readonly written = new Set<string>();

  constructor(graph: ModelGraph, origins: ExpandedModel['origins'], analysis: ModelAnalysis) {
    this.graph = graph;
    this.origins = origins;
    this.analysis = analysis;
  }

  /** The model itself (`copy` null), or a copy of a block. */
  model(name: string, copy: BlockCopy | null): KerasModel {
    const layers: KerasLayer[] = [];
    const outputs: string[] = [];
    const names = this.namesIn(copy);
    const namesOf = (id: string): string[] =>
      (this.graph.incoming.get(id) ?? []).flatMap(({ source }) => names.get(this.partOf(source, copy)!) ?? []);
    const entered = new Set<BlockCopy>();
    for (const node of this.graph.order) {
      const part = this.graph.used.has(node.id) ? this.partOf(node.id, copy) : null;
      if (part === null) continue;
      if (typeof part !== 'string') {
        if (!entered.has(part)) layers.push(this.nested(part, names, namesOf));
        entered.add(part);
      } else if (isOutput(node) || (copy !== null && node.kind === BLOCK_OUTPUT)) outputs.push(...namesOf(node.id));
      else layers.push(this.layer({ ...node, name: names.get(node.id)! }, copy, namesOf(node.id)));
    }
    return { name, layers, outputs, notes: [] };
  }

  /**
   * What a node of the expanded model is in a model: its id for a node of this model, the copy of a block
   * that it is inside, or null for a node outside.
   */
  private partOf(id: string, copy: BlockCopy | null): string | BlockCopy | null {
    let part: string | BlockCopy = id;
    for (let at = this.origins.get(id)?.copy ?? null; at !== copy; at = at.outer) {
      if (at === null) return null;
      part = at;
    }
    return part;
  }

  /** Unique names of the layers and copies of blocks in a model. */
  private namesIn(copy: BlockCopy | null): Map<string | BlockCopy, string> {
    const names = new Map<string | BlockCopy, string>();
    const copies = new Set<BlockCopy>();
    for (const node of this.graph.order) {
      const part = this.partOf(node.id, copy);
      if (typeof part === 'string') names.set(part, this.ownName(node));
      else if (part !== null) copies.add(part);
    }
    const taken = new Set(names.values());
    for (const each of copies) {
      const name = uniqueName(nameOfCopy(each), taken);
      taken.add(name);
      names.set(each, name);
    }
    return names;
  }

  private ownName({ id, name }: ModelNode): string {
    return this.origins.get(id)?.node.name ?? name;
  }

  private nested(
    copy: BlockCopy,
    names: ReadonlyMap<string | BlockCopy, string>,
    namesOf: (id: string) => string[],
  ): KerasLayer {
    const name = names.get(copy)!;
    const ownerKey = idInside({ id: copy.owner, copy: copy.copy }, '');
    const owner = [...names.keys()].find((each) => typeof each !== 'string' && idInside(each, '') === ownerKey) as
      BlockCopy | undefined;
    const entries = copy.block.nodes
      .filter(({ kind }) => kind === BLOCK_INPUT)
      .map(({ id }) => idInside(copy, id))
      .filter((id) => this.graph.used.has(id));
    const exit = copy.block.nodes.find(({ kind }) => kind === BLOCK_OUTPUT);
    const first = !this.written.has(ownerKey);
    this.written.add(ownerKey);
    return {
      className: 'Functional',
      name,
      ...(owner === undefined || owner === copy ? {} : { weightsOf: names.get(owner)! }),
      trainable: true,
      config: {},
      inputs: entries.flatMap(namesOf),
      ...(copy.node.training === false ? { call: { training: false } } : {}),
      ...(first ? { model: this.model(names.get(owner ?? copy)!, copy) } : {}),
      shape: exit === undefined ? null : this.shapeOf(idInside(copy, exit.id)),
    };
  }

  private layer(node: ModelNode, copy: BlockCopy | null, inputs: readonly string[]): KerasLayer {
    const owner = this.graph.nodes.get(node.weightsOf ?? node.id) ?? node;
    const shape = this.shapeOf(node.id);
    if (copy !== null && node.kind === BLOCK_INPUT) {
      return {
        className: 'InputLayer',
        name: node.name,
        trainable: true,
        config: { batch_shape: shape ?? [null, null] },
        inputs: [],
        shape,
      };
    }
    const sources = (this.graph.incoming.get(node.id) ?? []).map(({ source }) => this.shapeOf(source));
    // Notes are added once for all calls of a layer.
    const notes = this.written.has(owner.id) ? [] : this.notes;
    this.written.add(owner.id);
    // The call of the block, not of the layers in it, sets the mode of a block.
    const { training } = this.origins.get(node.id)?.node ?? node;
    const layer = layerToKeras(
      { node, isInInference: training === false },
      this.analyzed(owner.id),
      inputs,
      sources,
      notes,
    );
    return { ...layer, shape, ...(node.weightsOf === undefined ? {} : { weightsOf: this.ownName(owner) }) };
  }

  private analyzed(id: string): NodeAnalysis | undefined {
    return this.analysis.nodes.get(id) ?? this.analysis.inside.get(id);
  }

  private shapeOf(id: string): Shape | null {
    return this.analyzed(id)?.outputShape ?? null;
  }
}

const nameOfCopy = ({ node, copy }: BlockCopy): string => (copy === 1 ? node.name : `${node.name}_${copy}`);

/** Sets the statistics of the training rows, if they are known, in Normalization layers without values. */
function adapted(graph: ModelGraph, features: ModelFeatures | null): ModelGraph {
  if (features?.statistics === undefined) return graph;
  return adaptNormalization(graph, readInputs(graph, features).parts, features);
}

/** @param called The call, and whether it is in inference mode itself. */
function layerToKeras(
  { node, isInInference }: { readonly node: ModelNode; readonly isInInference: boolean },
  analyzed: NodeAnalysis | undefined,
  inputs: readonly string[],
  inputShapes: readonly (Shape | null)[],
  notes: string[],
): KerasLayer {
  const weightless = analyzed !== undefined && analyzed.outputShape !== null && analyzed.parameters === 0;
  const base = { name: node.name, trainable: !node.frozen || weightless, inputs };
  if (isInput(node)) {
    const shape = analyzed?.outputShape ?? null;
    if (shape === null) notes.push(`The shape of '${node.name}' is not known until data is chosen.`);
    return { ...base, trainable: true, className: 'InputLayer', config: { batch_shape: shape ?? [null, null] } };
  }
  const definition = layerCatalog.get(node.kind);
  const facts = definition?.keras;
  const { params = node.params, lambda, note } = facts?.write?.(node.params, node.name, inputShapes) ?? {};
  if (lambda !== undefined) return { ...base, className: 'Lambda', config: { function: { python: lambda } } };
  if (definition === undefined || facts?.missing === true) {
    notes.push(`Keras has no layer ${node.kind} ('${node.name}'); write a layer of this name.`);
  }
  if (learningRateMultiplierOf(node.params) !== 1) {
    notes.push(`The learning rate multiplier of '${node.name}' has no counterpart in Keras.`);
  }
  if (note !== undefined) notes.push(note);
  const { config, call } = argumentsOf(definition, params, node.name, notes);
  const mode = isInInference && definition !== undefined ? inferenceMode(definition, node) : null;
  if (mode !== null && !(node.frozen && mode.frozen === true)) {
    notes.push(
      `'${node.name}' is called with training=False. Keras 3 replaces this by the mode of the model in fit(), so that it then computes as in training.`,
    );
  }
  const alone = inputs.length === 1 && facts?.repeatsInput === true;
  return {
    ...base,
    inputs: alone ? [inputs[0]!, inputs[0]!] : inputs,
    className: node.kind,
    config: base.trainable ? config : mapValues(config, frozenInside),
    call: mode === null ? call : { ...call, training: false },
  };
}

/** What keeps the layer in inference mode in Keras 3 by itself; null: it computes the same in both modes. */
function inferenceMode(
  { keras, parameters }: LayerDefinition,
  { params }: ModelNode,
): Pick<KerasMode, 'frozen'> | null {
  const mode = keras?.inMode?.(false, resolveParameters({ parameters }, params).values);
  if (mode === null) return {};
  return mode === undefined || Object.keys(mode).length === 0 ? null : mode;
}

function mapValues(values: KerasArguments, change: (value: KerasValue) => KerasValue): KerasArguments {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}

/** Freezes a wrapped layer too: in Keras a frozen wrapper does not freeze it. */
function frozenInside(value: KerasValue): KerasValue {
  if (!isKerasObject(value) || value.module !== 'layers') return value;
  return { ...value, config: { ...value.config, trainable: false } };
}

/** Arguments of a layer and of its call that Keras requires or that differ from Keras's defaults. */
function argumentsOf(
  definition: LayerWithParameters | undefined,
  params: ParameterValues,
  name: string,
  notes: string[],
): { config: KerasArguments; call: KerasArguments } {
  const config: Record<string, KerasValue> = {};
  const call: Record<string, KerasValue> = {};
  if (definition === undefined) return { config, call };
  const { values } = resolveParameters(definition, params);
  for (const spec of definition.parameters) {
    const value = values[spec.name]!;
    const isDefault = JSON.stringify(value) === JSON.stringify(spec.default);
    if (isDefault && spec.keras !== 'required') continue;
    const given = valueToKeras(spec, value, name, notes);
    if (spec.keras === 'none' || (given === null && value !== null)) {
      if (!isDefault) notes.push(`${spec.label} of '${name}' has no counterpart in Keras.`);
    } else (spec.keras === 'call' ? call : config)[snake(spec.name)] = given;
  }
  return { config, call };
}

/** A valid value in Keras's terms; null if Keras cannot express it. */
function valueToKeras({ type }: ParameterSpec, value: JsonValue, name: string, notes: string[]): KerasValue {
  if (value === null) return null;
  if (type.kind === 'layer') {
    const inner = nestedLayer(type, value);
    if (inner === null) return null;
    const { config } = argumentsOf(inner.definition, inner.params, name, notes);
    return { module: 'layers', className: inner.definition.kind, config };
  }
  const { toKeras } = kindOf(type);
  return toKeras === undefined ? (value as KerasValue) : toKeras(type, value);
}
