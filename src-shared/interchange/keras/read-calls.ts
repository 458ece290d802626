import { isModel, listOf, MAX_DEPTH, nameOf, objectOf, textOf } from './unchecked-json.ts';
import type { Json, JsonObject } from './unchecked-json.ts';

/** A value that a layer reads: an output of a call of another. */
export interface Reference {
  readonly name: string;
  readonly call: number;
  readonly output: number;
  /** Keyword argument that passes it; absent: it is passed by position. */
  readonly argument?: string;
}

/** Whether a layer of the model, or of a nested one, is called several times. */
export function callsAgain(model: JsonObject, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false;
  const layers = listOf(objectOf(model['config'])?.['layers']).map(objectOf);
  return layers.some(
    (layer) =>
      layer !== null &&
      (inboundOf(layer).length > 1 || (isModel(textOf(layer['class_name']) ?? '') && callsAgain(layer, depth + 1))),
  );
}

/** A call of a layer of a Functional model. */
interface Call {
  readonly layer: JsonObject;
  readonly name: string;
  /** Number of the call, from 0. */
  readonly call: number;
  readonly sources: readonly Reference[];
}

/** The calls of the layers of a Functional model, and what gives its outputs; all calls counted from 0. */
export function callsOf(
  layers: readonly JsonObject[],
  outputs: readonly Reference[],
): { calls: Call[]; ends: readonly Reference[] } {
  const calls = layers.flatMap((layer) => {
    const inbound = inboundOf(layer);
    return (inbound.length === 0 ? [[]] : inbound).map((sources, call) => ({
      layer,
      name: nameOf(layer),
      call,
      sources,
    }));
  });
  // The calls of a nested model begin at 1 in Keras 2.
  const counts = new Map(layers.map((layer) => [nameOf(layer), Math.max(1, inboundOf(layer).length)]));
  const fromOne = new Set<string>();
  for (const { name, call } of [...outputs, ...calls.flatMap(({ sources }) => sources)]) {
    if (call >= (counts.get(name) ?? Infinity)) fromOne.add(name);
  }
  const corrected = (reference: Reference): Reference =>
    fromOne.has(reference.name) ? { ...reference, call: reference.call - 1 } : reference;
  return {
    calls: calls.map((each) => ({ ...each, sources: each.sources.map(corrected) })),
    ends: outputs.map(corrected),
  };
}

/** `input_layers` and `output_layers`: [name, 0, 0], or a list or object of these. */
export function endsOf(value: Json): Reference[] {
  if (Array.isArray(value)) return typeof value[0] === 'string' ? [referenceOf(value)] : value.flatMap(endsOf);
  const table = objectOf(value);
  return table === null ? [] : Object.values(table).flatMap(endsOf);
}

/** Names of the first argument of a layer's call. */
const FIRST_ARGUMENT: ReadonlySet<string> = new Set(['inputs', 'sequences']);

/** For each call of a layer: what it reads. */
export function inboundOf(layer: JsonObject): Reference[][] {
  return listOf(layer['inbound_nodes']).map((call) => {
    if (Array.isArray(call)) return olderCall(call);
    const { args, kwargs } = objectOf(call) ?? {};
    return [...tensorsIn(args), ...keywordInputs(kwargs, tensorsIn)];
  });
}

/** Tensors in keyword arguments. @param read The tensors in a value. */
function keywordInputs(kwargs: Json, read: (value: Json) => Reference[]): Reference[] {
  return Object.entries(objectOf(kwargs) ?? {}).flatMap(([argument, value]) =>
    read(value).map((tensor) => (FIRST_ARGUMENT.has(argument) ? tensor : { ...tensor, argument })),
  );
}

/** Keras 2: [[name, call, output, kwargs], …], or a single one of these. */
function olderCall(call: readonly Json[]): Reference[] {
  if (typeof call[0] === 'string') return [referenceOf(call), ...keywordInputs(call[3], olderTensors)];
  return call.flatMap((entry) => (Array.isArray(entry) ? olderCall(entry) : []));
}

/** Keras 2: [name, call, output], or a list of these. */
function olderTensors(value: Json): Reference[] {
  const items = listOf(value);
  const [name, ...indices] = items;
  if (typeof name === 'string' && indices.length > 1 && indices.every(Number.isInteger)) return [referenceOf(items)];
  return items.flatMap(olderTensors);
}

/** Keras 3: all tensors in the arguments, in order. */
function tensorsIn(value: Json): Reference[] {
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  const object = objectOf(value);
  if (object === null) return [];
  const history = objectOf(object['config'])?.['keras_history'];
  if (object['class_name'] === '__keras_tensor__' && Array.isArray(history)) {
    return typeof history[0] === 'string' ? [referenceOf(history)] : [];
  }
  return Object.values(object).flatMap(tensorsIn);
}

/** [name, call, output]; early Keras 2 omits the numbers where they are 0. */
function referenceOf([name, call, output]: readonly Json[]): Reference {
  const index = (value: Json): number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : 0;
  return { name: String(name), call: index(call), output: index(output) };
}
