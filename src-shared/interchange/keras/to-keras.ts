import { isInput, isOutput } from '../../document/schema/ends.ts';
import { adaptNormalization } from '../../compiler/forward/adapt-normalization.ts';
import { readGraph } from '../../compiler/graph/graph.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';
import { readInputs } from '../../compiler/graph/inputs.ts';
import type { ModelFeatures } from '../../compiler/graph/inputs.ts';
import type { ModelAnalysis } from '../../compiler/graph/compiled.ts';
import type { JsonValue, ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
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
 * Converts a document to Keras's terms. Omits arguments with Keras's default, and layers that do not
 * lead to an Output; what Keras cannot express becomes a note.
 *
 * @param document An expanded document, without blocks.
 * @param analysis Analysis of this document: shapes, and which layers have weights.
 * @param features Statistics of the training rows for Normalization; null: a note says how to adapt it.
 */
export function toKeras(
  document: ModelDocument,
  analysis: ModelAnalysis,
  features: ModelFeatures | null = null,
): KerasModel {
  const graph = adapted(readGraph(document), features);
  const notes: string[] = [];
  const layers: KerasLayer[] = [];
  const outputs: string[] = [];
  const nameOf = (id: string): string => graph.nodes.get(id)!.name;
  for (const node of graph.order) {
    if (!graph.used.has(node.id)) continue;
    const sources = (graph.incoming.get(node.id) ?? []).map((edge) => edge.source);
    const inputs = sources.map(nameOf);
    const inputShapes = sources.map((id) => analysis.nodes.get(id)?.outputShape ?? null);
    if (isOutput(node)) outputs.push(...inputs);
    else layers.push(layerToKeras(node, inputs, inputShapes, analysis, notes));
  }
  return { name: document.name.replace(/\W+/g, '_') || 'model', layers, outputs, notes };
}

/** Sets the statistics of the training rows, if they are known, in Normalization layers without values. */
function adapted(graph: ModelGraph, features: ModelFeatures | null): ModelGraph {
  if (features?.statistics === undefined) return graph;
  return adaptNormalization(graph, readInputs(graph, features).parts, features);
}

function layerToKeras(
  node: ModelNode,
  inputs: readonly string[],
  inputShapes: readonly (Shape | null)[],
  analysis: ModelAnalysis,
  notes: string[],
): KerasLayer {
  const analyzed = analysis.nodes.get(node.id);
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
  const alone = inputs.length === 1 && facts?.repeatsInput === true;
  return {
    ...base,
    inputs: alone ? [inputs[0]!, inputs[0]!] : inputs,
    className: node.kind,
    config: base.trainable ? config : mapValues(config, frozenInside),
    call,
  };
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
