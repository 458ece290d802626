import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { bytesOf, fieldsOf, numberOf, textOf } from '../protobuf/message.ts';
import type { FieldValue } from '../protobuf/message.ts';
import { packedVarints } from '../protobuf/wire-format.ts';
import { decoded, float32 } from '../weights/number-types.ts';
import type { StoredNumber } from '../weights/number-types.ts';
import type { GraphConstant } from './convert-graph.ts';
import { GraphFault, shapeOf } from './graph-def.ts';
import { shapeJson } from './proto-graph.ts';

/** A tensor that repeats its last value can declare any size. */
const MAX_REPEATED = 2 ** 24;
const CHUNK_BYTES = 4 * 2 ** 20;

interface NumberField {
  readonly dtype: string;
  readonly storage: StoredNumber;
  /** The field of TensorProto with single values. */
  readonly field: number;
}

/** Types that graphs are converted with, by their number in protobuf. */
const FIELDS: Readonly<Record<number, NumberField>> = {
  1: { dtype: 'float32', storage: float32, field: 5 },
  3: { dtype: 'int32', storage: { bytes: 4, read: (view, at) => view.getInt32(at, true) }, field: 7 },
  9: { dtype: 'int64', storage: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) }, field: 10 },
  10: { dtype: 'bool', storage: { bytes: 1, read: (view, at) => view.getUint8(at) }, field: 11 },
};

/**
 * Reads the message TensorProto of a constant. Its values stay in the message until they are requested.
 * Source: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/tensor.proto
 *
 * @returns Null: a type that no operation is converted with.
 * @throws RangeError, GraphFault if it is damaged.
 */
export function readTensorProto(name: string, message: Uint8Array): GraphConstant | null {
  let type = 0;
  let sizes: number[] | null = [];
  let content: Uint8Array | null = null;
  const single = new Map<number, FieldValue[]>();
  for (const [number, value] of fieldsOf(message)) {
    if (number === 1) type = numberOf(value);
    else if (number === 2) sizes = shapeOf(shapeJson(bytesOf(value)));
    else if (number === 4) content = bytesOf(value);
    else if (number >= 5) single.set(number, [...(single.get(number) ?? []), value]);
  }
  const known = FIELDS[type];
  if (known === undefined) return null;
  const shape = sizes ?? [];
  const count = elementCount(shape);
  if (shape.some((size) => size < 0) || !Number.isSafeInteger(count)) {
    throw new GraphFault(`the constant '${name}' of ${shape.join(' × ')} values`);
  }
  const { dtype, storage, field } = known;
  if (content !== null && content.length > 0) {
    if (content.length !== count * storage.bytes) {
      throw new GraphFault(`${content.length} bytes for the constant '${name}' of ${shape.join(' × ')} values`);
    }
    const bytes = content;
    const read = (): AsyncIterable<Float32Array> => decoded(partsOf(bytes), storage);
    return { dtype, tensor: { path: name, shape, dtype: 'float32', read } };
  }
  const values = (single.get(field) ?? []).flatMap((value) => numbersOf(value, known));
  if (values.length > count || (values.length < count && count > MAX_REPEATED)) {
    throw new GraphFault(`${values.length} values for the constant '${name}' of ${shape.join(' × ')} values`);
  }
  const read = async function* (): AsyncGenerator<Float32Array> {
    const all = new Float32Array(count).fill(values.at(-1) ?? 0);
    all.set(values);
    yield all;
  };
  return { dtype, tensor: { path: name, shape, dtype: 'float32', read } };
}

/** Values of a field, packed or single. */
function numbersOf(value: FieldValue, { dtype }: NumberField): number[] {
  if (typeof value === 'bigint') return [numberOf(value)];
  if (dtype !== 'float32') return packedVarints(value).map(numberOf);
  if (value.length % 4 !== 0) throw new GraphFault('a part of a number');
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  return Array.from({ length: value.length / 4 }, (_, index) => view.getFloat32(index * 4, true));
}

async function* partsOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

/** The texts of a constant: names of the tensors that are restored. */
export function textsOfTensorProto(message: Uint8Array): string[] {
  const texts: string[] = [];
  for (const [number, value] of fieldsOf(message)) if (number === 8) texts.push(textOf(value));
  return texts;
}
