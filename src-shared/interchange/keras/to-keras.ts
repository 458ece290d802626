import { adaptNormalization } from '../../compiler/forward/adapt-normalization.ts';
import { readGraph } from '../../compiler/graph/graph.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';
import { readInputs } from '../../compiler/graph/inputs.ts';
import type { ModelFeatures } from '../../compiler/graph/inputs.ts';
import type { ModelAnalysis } from '../../compiler/graph/compiled.ts';
import type { JsonValue, ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import { formulaFault, parseFormula } from '../../expression/parse.ts';
import { axesOf } from '../../layers/definition/axes.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { formulaVariables, INPUT_NAMES } from '../../layers/parameters/formula-parameters.ts';
import { integersOf, resolveParameters } from '../../layers/parameters/parameters.ts';
import { prelu } from '../../layers/kinds/activation/prelu.ts';
import { learningRateMultiplierOf } from '../../layers/parameters/training-parameters.ts';
import type { Shape } from '../../program/language/types.ts';
import { formulaToPython } from './formula-to-python.ts';
import { givenInCall, notKeras, requiredArguments, selfAttending, snake } from './arguments.ts';
import { isKerasObject } from './keras-model.ts';
import type { KerasArguments, KerasLayer, KerasModel, KerasValue } from './keras-model.ts';
import { valueToKeras } from './values-to-keras.ts';

/** Layers that Keras does not have. */
const UNKNOWN: ReadonlySet<string> = new Set(['RReLU', 'Formula']);

/**
 * A document as Keras describes it. Arguments that are Keras's defaults are left out; layers that
 * lead to no Output are left out; what Keras has no word for is a note.
 *
 * @param document Without blocks: expanded.
 * @param analysis Of this document, for its shapes and which layers have weights.
 * @param features For what a Normalization takes from the training rows; null: a note tells how to adapt it.
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
    const inputShape = analysis.nodes.get(sources[0] ?? '')?.outputShape ?? null;
    if (node.kind === 'Output') outputs.push(...inputs);
    else layers.push(layerToKeras(withAxesFromFront(node, inputShape, notes), inputs, analysis, notes));
  }
  return { name: document.name.replace(/\W+/g, '_') || 'model', layers, outputs, notes };
}

/** With the statistics of the training rows, where they are known, in every Normalization that takes them. */
function adapted(graph: ModelGraph, features: ModelFeatures | null): ModelGraph {
  if (features?.statistics === undefined) return graph;
  return adaptNormalization(graph, readInputs(graph, features).parts, features);
}

/** A PReLU's shared axes counted from the front: Keras takes negative ones for other axes. */
function withAxesFromFront(node: ModelNode, inputShape: Shape | null, notes: string[]): ModelNode {
  if (node.kind !== 'PReLU') return node;
  const axes = integersOf(resolveParameters(prelu, node.params).values['sharedAxes']);
  if (axes.every((axis) => axis >= 0)) return node;
  if (inputShape !== null) return { ...node, params: { ...node.params, sharedAxes: axesOf(axes, inputShape) } };
  notes.push(`shared_axes of '${node.name}' must count from the front in Keras; its input's rank is not known yet.`);
  return node;
}

function layerToKeras(
  node: ModelNode,
  inputs: readonly string[],
  analysis: ModelAnalysis,
  notes: string[],
): KerasLayer {
  const analyzed = analysis.nodes.get(node.id);
  const weightless = analyzed !== undefined && analyzed.outputShape !== null && analyzed.parameters === 0;
  const base = { name: node.name, trainable: !node.frozen || weightless, inputs };
  if (node.kind === 'Input') {
    const shape = analyzed?.outputShape ?? null;
    if (shape === null) notes.push(`The shape of '${node.name}' is not known before data is open.`);
    return { ...base, trainable: true, className: 'InputLayer', config: { batch_shape: shape ?? [null, null] } };
  }
  const lambda = node.kind === 'Formula' ? formulaLambda(node, inputs.length) : null;
  if (lambda !== null) return { ...base, className: 'Lambda', config: { function: { python: lambda } } };
  if (!layerCatalog.has(node.kind) || UNKNOWN.has(node.kind)) {
    notes.push(`Keras has no layer ${node.kind} ('${node.name}'); write one of this name.`);
  }
  if (learningRateMultiplierOf(node.params) !== 1) {
    notes.push(`The learning rate's factor of '${node.name}' has no counterpart in Keras.`);
  }
  if (node.kind === 'Normalization' && node.params['mean'] == null) {
    const adapt = `model.get_layer(${JSON.stringify(node.name)}).adapt(x)`;
    notes.push(`'${node.name}' takes mean and variance from the training rows x, before training: ${adapt}`);
  }
  const all = Object.entries(argumentsOf(node.kind, node.params, node.name, notes)).map(
    ([key, value]) => [key, base.trainable ? value : frozenInside(value)] as const,
  );
  const call = Object.fromEntries(all.filter(([key]) => givenInCall.includes(key)));
  const config = Object.fromEntries(all.filter(([key]) => !givenInCall.includes(key)));
  const alone = inputs.length === 1 && selfAttending.has(node.kind);
  return { ...base, inputs: alone ? [inputs[0]!, inputs[0]!] : inputs, className: node.kind, config, call };
}

/** A wrapped layer frozen like its wrapper, which alone would leave it training in Keras. */
function frozenInside(value: KerasValue): KerasValue {
  if (!isKerasObject(value) || value.module !== 'layers') return value;
  return { ...value, config: { ...value.config, trainable: false } };
}

/** A Formula layer as a Python function; null where it has parameters of its own, or cannot be read. */
function formulaLambda({ params }: ModelNode, inputs: number): string | null {
  const { formula, parameters = [] } = params;
  const variables = formulaVariables(inputs, []);
  if (typeof formula !== 'string' || !Array.isArray(parameters) || parameters.length > 0) return null;
  if (formulaFault(formula, variables) !== null) return null;
  const [argument, at] = inputs === 1 ? ['x', () => 'x'] : ['inputs', (index: number) => `inputs[${index}]`];
  const names = INPUT_NAMES.slice(0, inputs).map((name, index) => [name, at(index)] as const);
  const python = formulaToPython(parseFormula(formula, variables), new Map([...names, ['x', at(0)]]));
  return `lambda ${argument}: ${python}`;
}

/** Arguments of a layer that differ from Keras's defaults, and those that have none. */
function argumentsOf(kind: string, params: ModelNode['params'], name: string, notes: string[]): KerasArguments {
  const definition = layerCatalog.get(kind);
  if (definition === undefined) return {};
  const { values } = resolveParameters(definition, params);
  const needed = requiredArguments(kind);
  const config: Record<string, KerasValue> = {};
  for (const spec of definition.parameters) {
    const key = snake(spec.name);
    const value = values[spec.name]!;
    const isDefault = JSON.stringify(value) === JSON.stringify(spec.default);
    if (isDefault && !needed.includes(key)) continue;
    const given = isLayer(value)
      ? { module: 'layers', className: value.kind, config: argumentsOf(value.kind, value.params, name, notes) }
      : valueToKeras(kind, spec, value);
    if (notKeras.has(spec.name) || (given === null && value !== null)) {
      if (!isDefault) notes.push(`${spec.label} of '${name}' has no counterpart in Keras.`);
    } else config[key] = given;
  }
  return config;
}

/** True for the value of a wrapped layer. */
function isLayer(value: JsonValue): value is { kind: string; params: Record<string, JsonValue> } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return typeof value['kind'] === 'string' && typeof value['params'] === 'object';
}
