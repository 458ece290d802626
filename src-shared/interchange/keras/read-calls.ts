import { isModel, layersIn, listOf, MAX_DEPTH, nameOf, objectOf, textOf } from './generations/unchecked-json.ts';
import type { Json, JsonObject } from './generations/unchecked-json.ts';
import type { KerasVersion } from './generations/version.ts';

/** An output of a call of another layer. */
export interface Reference {
  readonly name: string;
  readonly call: number;
  readonly output: number;
  /** With the batch axis; null: it is not in the file. */
  readonly shape: readonly Json[] | null;
}

/** An argument of a call. */
export type CallValue =
  { readonly tensor: Reference } | { readonly constant: Json } | { readonly list: readonly CallValue[] };

export interface CallArguments {
  readonly positional: readonly CallValue[];
  readonly keywords: Readonly<Record<string, CallValue>>;
}

/** Whether a layer of the model, or of a nested one, is called several times. */
export function callsAgain(model: JsonObject, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false;
  return layersIn(model).some(
    (layer) =>
      callsIn(layer).length > 1 || (isModel(textOf(layer['class_name']) ?? '') && callsAgain(layer, depth + 1)),
  );
}

/** A call of a layer of a Functional model. */
export interface Call {
  readonly layer: JsonObject;
  readonly name: string;
  /** Number of the call, from 0. */
  readonly call: number;
  readonly arguments: CallArguments;
}

/** The calls of the layers of a Functional model, and its outputs (`ends`); all calls counted from 0. */
export function callsOf(
  layers: readonly JsonObject[],
  outputs: readonly Reference[],
  generation: KerasVersion['generation'],
): { calls: Call[]; ends: readonly Reference[] } {
  const calls = layers.flatMap((layer) => {
    const made = callsIn(layer);
    const all = made.length === 0 ? [{ positional: [], keywords: {} }] : made;
    return all.map((given, call) => ({ layer, name: nameOf(layer), call, arguments: given }));
  });
  const counts = new Map(layers.map((layer) => [nameOf(layer), Math.max(1, callsIn(layer).length)]));
  if (generation === 3) return { calls, ends: outputs.map((output) => endOfKeras3(output, layers, counts)) };
  // Calls of most nested models are counted from 1. Every call is used, so the largest number shows which they are.
  const fromOne = new Set<string>();
  for (const { name, call } of [...outputs, ...calls.flatMap((each) => tensorsOf(each.arguments))]) {
    if (call >= (counts.get(name) ?? Infinity)) fromOne.add(name);
  }
  const corrected = (reference: Reference): Reference =>
    fromOne.has(reference.name) ? { ...reference, call: reference.call - 1 } : reference;
  return {
    calls: calls.map((each) => ({ ...each, arguments: withTensors(each.arguments, corrected) })),
    ends: outputs.map(corrected),
  };
}

/** In the outputs of a model, and only there, Keras 3 counts the calls of nested Functional models from 1. */
function endOfKeras3(output: Reference, layers: readonly JsonObject[], counts: ReadonlyMap<string, number>): Reference {
  const className = textOf(layers.find((layer) => nameOf(layer) === output.name)?.['class_name'] ?? null) ?? '';
  if (!isModel(className) || className === 'Sequential') return output;
  return output.call === 0 && counts.get(output.name) === 1 ? output : { ...output, call: output.call - 1 };
}

/** All tensors of a call, those of keyword arguments included. */
export function tensorsOf({ positional, keywords }: CallArguments): Reference[] {
  return [...positional, ...Object.values(keywords)].flatMap(tensorsInValue);
}

export function tensorsInValue(value: CallValue): Reference[] {
  if ('tensor' in value) return [value.tensor];
  return 'list' in value ? value.list.flatMap(tensorsInValue) : [];
}

function withTensors(
  { positional, keywords }: CallArguments,
  change: (reference: Reference) => Reference,
): CallArguments {
  const changed = (value: CallValue): CallValue => {
    if ('tensor' in value) return { tensor: change(value.tensor) };
    return 'list' in value ? { list: value.list.map(changed) } : value;
  };
  return {
    positional: positional.map(changed),
    keywords: Object.fromEntries(Object.entries(keywords).map(([key, value]) => [key, changed(value)])),
  };
}

/** `input_layers` and `output_layers`: [name, 0, 0], or a list or object of these. */
export function endsOf(value: Json): Reference[] {
  if (Array.isArray(value)) return typeof value[0] === 'string' ? [referenceOf(value)] : value.flatMap(endsOf);
  const table = objectOf(value);
  return table === null ? [] : Object.values(table).flatMap(endsOf);
}

/** The arguments of each call of a layer. */
function callsIn(layer: JsonObject): CallArguments[] {
  return listOf(layer['inbound_nodes']).map((call) => {
    const { args, kwargs } = objectOf(call) ?? {};
    if (args === undefined && kwargs === undefined) return olderCall(call);
    return { positional: listOf(args).map(valueOf), keywords: mapValues(kwargs, valueOf) };
  });
}

/** Keras 3: a tensor, a list, or a constant. */
function valueOf(value: Json): CallValue {
  const tensor = tensorOf(value);
  if (tensor !== null) return { tensor };
  if (Array.isArray(value) && value.some((item) => holdsTensor(item, 0))) return { list: value.map(valueOf) };
  return { constant: value };
}

function holdsTensor(value: Json, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  return tensorOf(value) !== null || (Array.isArray(value) && value.some((item) => holdsTensor(item, depth + 1)));
}

function tensorOf(value: Json): Reference | null {
  const object = objectOf(value);
  const config = objectOf(object?.['config']);
  const history = config?.['keras_history'];
  if (object?.['class_name'] !== '__keras_tensor__' || !Array.isArray(history)) return null;
  const shape: Json = config!['shape'];
  return typeof history[0] === 'string'
    ? { ...referenceOf(history), shape: Array.isArray(shape) ? shape : null }
    : null;
}

/**
 * Keras 2: [[name, call, output, keywords], …], or a single one of these. A constant is ['_CONSTANT_VALUE', -1, value,
 * keywords]. Each tensor has the keywords.
 */
function olderCall(call: Json): CallArguments {
  // Inputs by name.
  if (!Array.isArray(call)) return { positional: [{ constant: call }], keywords: {} };
  const entries = isOlderTensor(call) ? [call] : listOf(call);
  const first = entries.find(isOlderTensor);
  const read = (entry: Json): CallValue => {
    if (isOlderTensor(entry)) {
      return entry[0] === '_CONSTANT_VALUE' ? { constant: entry[2] } : { tensor: referenceOf(entry) };
    }
    return Array.isArray(entry) ? { list: entry.map(read) } : { constant: entry };
  };
  const inputs = entries.map(read);
  return {
    positional: inputs.length === 1 ? inputs : [{ list: inputs }],
    keywords: mapValues(first?.[3], olderValue),
  };
}

function isOlderTensor(value: Json): value is readonly Json[] {
  return Array.isArray(value) && typeof value[0] === 'string';
}

/** Keras 2, a keyword argument: [name, call, output] is a tensor. */
function olderValue(value: Json): CallValue {
  if (!Array.isArray(value)) return { constant: value };
  const [name, ...indices] = value as readonly Json[];
  if (name === '_CONSTANT_VALUE') return { constant: value[2] as Json };
  if (typeof name === 'string' && indices.length > 1 && indices.slice(0, 2).every(Number.isInteger)) {
    return { tensor: referenceOf(value) };
  }
  const list = value.map(olderValue);
  return list.some((item) => !('constant' in item)) ? { list } : { constant: value };
}

function mapValues(value: Json, change: (value: Json) => CallValue): Record<string, CallValue> {
  return Object.fromEntries(Object.entries(objectOf(value) ?? {}).map(([key, each]) => [key, change(each)]));
}

/** [name, call, output]; early Keras 2 omits the numbers where they are 0. An index that is not a number becomes -1. */
function referenceOf([name, call, output]: readonly Json[]): Reference {
  const index = (value: Json): number => {
    if (value === undefined) return 0;
    return typeof value === 'number' && Number.isInteger(value) ? value : -1;
  };
  return { name: String(name), call: index(call), output: index(output), shape: null };
}
