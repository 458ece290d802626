import { readGraph } from '../compiler/graph.ts';
import type { ModelAnalysis } from '../compiler/compiled.ts';
import type { JsonValue, ModelDocument, ModelNode } from '../document/model-document.ts';
import { formulaFault, parseFormula } from '../expression/parse.ts';
import { layerCatalog } from '../layers/catalog.ts';
import { formulaVariables, INPUT_NAMES } from '../layers/formula-parameters.ts';
import { resolveParameters } from '../layers/parameters.ts';
import { formulaToPython } from './formula-to-python.ts';
import { givenInCall, notKeras, requiredArguments, selfAttending, snake } from './arguments.ts';
import type { KerasArguments, KerasLayer, KerasModel, KerasValue } from './keras-model.ts';
import { valueToKeras } from './values-to-keras.ts';

/** Layers that Keras does not have. */
const UNKNOWN: ReadonlySet<string> = new Set(['RReLU', 'Formula']);

/**
 * A document as Keras describes it. Arguments that are Keras's defaults are left out; layers that
 * lead to no Output are left out; what Keras has no word for is a note.
 *
 * @param document Without blocks: expanded.
 * @param analysis Of this document, for the shapes that Inputs take from the data.
 */
export function toKeras(document: ModelDocument, analysis: ModelAnalysis): KerasModel {
  const graph = readGraph(document);
  const notes: string[] = [];
  const layers: KerasLayer[] = [];
  const outputs: string[] = [];
  const nameOf = (id: string): string => graph.nodes.get(id)!.name;
  for (const node of graph.order) {
    if (!graph.used.has(node.id)) continue;
    const inputs = (graph.incoming.get(node.id) ?? []).map((edge) => nameOf(edge.source));
    if (node.kind === 'Output') outputs.push(...inputs);
    else layers.push(layerToKeras(node, inputs, analysis, notes));
  }
  return { name: document.name.replace(/\W+/g, '_') || 'model', layers, outputs, notes };
}

function layerToKeras(
  node: ModelNode,
  inputs: readonly string[],
  analysis: ModelAnalysis,
  notes: string[],
): KerasLayer {
  const base = { name: node.name, trainable: !node.frozen, inputs };
  if (node.kind === 'Input') {
    const shape = analysis.nodes.get(node.id)?.outputShape ?? null;
    if (shape === null) notes.push(`The shape of '${node.name}' is not known before data is open.`);
    return { ...base, trainable: true, className: 'InputLayer', config: { batch_shape: shape ?? [null, null] } };
  }
  const lambda = node.kind === 'Formula' ? formulaLambda(node, inputs.length) : null;
  if (lambda !== null) return { ...base, className: 'Lambda', config: { function: { python: lambda } } };
  if (!layerCatalog.has(node.kind) || UNKNOWN.has(node.kind)) {
    notes.push(`Keras has no layer ${node.kind} ('${node.name}'); write one of this name.`);
  }
  const all = Object.entries(argumentsOf(node.kind, node.params, node.name, notes));
  const call = Object.fromEntries(all.filter(([key]) => givenInCall.includes(key)));
  const config = Object.fromEntries(all.filter(([key]) => !givenInCall.includes(key)));
  const alone = inputs.length === 1 && selfAttending.has(node.kind);
  return { ...base, inputs: alone ? [inputs[0]!, inputs[0]!] : inputs, className: node.kind, config, call };
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
