import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { GraphConstant } from '../graphdef/convert-graph.ts';
import { NodeRefusal } from '../operations/graph-program.ts';
import { reordered } from '../weights/reordered.ts';
import { bfloat16, float16, float32, float64 } from '../weights/number-types.ts';
import type { StoredNumber } from '../weights/number-types.ts';
import { FlatbufferError } from './flatbuffer.ts';
import type { Quantization, TfliteTensor } from './tflite-file.ts';

const whole = (bytes: number, read: StoredNumber['read']): StoredNumber => ({ bytes, read });

/** Values of a constant by its type. */
const stored: Readonly<Record<string, StoredNumber>> = {
  FLOAT32: float32,
  FLOAT16: float16,
  BFLOAT16: bfloat16,
  FLOAT64: float64,
  INT8: whole(1, (view, at) => view.getInt8(at)),
  UINT8: whole(1, (view, at) => view.getUint8(at)),
  BOOL: whole(1, (view, at) => Number(view.getUint8(at) !== 0)),
  INT16: whole(2, (view, at) => view.getInt16(at, true)),
  UINT16: whole(2, (view, at) => view.getUint16(at, true)),
  INT32: whole(4, (view, at) => view.getInt32(at, true)),
  UINT32: whole(4, (view, at) => view.getUint32(at, true)),
  INT64: whole(8, (view, at) => Number(view.getBigInt64(at, true))),
};

/** Values that are decoded at a time. */
const PART_VALUES = 2 ** 20;

/** Another arrangement of a constant: axes in the order of the result, then the shape. */
export interface Arrangement {
  readonly axes?: readonly number[];
  readonly shape?: readonly number[];
}

/**
 * A constant as a tensor of the graph. Quantized values are the real numbers that they stand for.
 *
 * @param path Its name in the graph.
 * @throws NodeRefusal for a type without a counterpart; FlatbufferError if it has more or fewer bytes than its shape.
 */
export function constantOf(
  path: string,
  { type, shape, data, quantization, isPlain }: TfliteTensor,
  { axes, shape: as }: Arrangement = {},
): GraphConstant {
  const isPacked = type === 'INT4';
  const number = isPacked ? stored['INT8'] : stored[type];
  if (number === undefined || data === null || !isPlain) throw new NodeRefusal(`'${path}', a tensor of ${type}`);
  const count = elementCount(shape);
  const expected = isPacked ? Math.ceil(count / 2) : count * number.bytes;
  if (data.length !== expected || shape.includes(-1)) {
    throw new FlatbufferError(`'${path}' of ${shape.join(' × ')} values with ${data.length} bytes`);
  }
  const isWhole = quantization === null && !type.includes('FLOAT');
  if (isWhole && type !== 'BOOL' && number.bytes < 4) throw new NodeRefusal(`'${path}', ${type} without a scale`);
  const dequantize = quantization === null ? null : dequantizer(path, quantization, shape);
  const bytes = isPacked ? unpacked(data, count) : data;
  const plain = (): AsyncIterable<Float32Array> => decodedParts(bytes, number, dequantize);
  const moved = axes?.map((axis) => shape[axis]!) ?? shape;
  const read = axes === undefined ? plain : () => reordered(plain, shape, axes);
  const dtype = !isWhole ? 'float32' : type === 'BOOL' ? 'bool' : 'int32';
  const fileType = dtype === 'float32' ? 'float32' : 'integer';
  return { dtype, tensor: { path, shape: as ?? moved, dtype: fileType, read } };
}

async function* decodedParts(
  bytes: Uint8Array,
  { bytes: size, read }: StoredNumber,
  dequantize: ((value: number, index: number) => number) | null,
): AsyncIterable<Float32Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length / size;
  for (let first = 0; first < count; first += PART_VALUES) {
    const part = new Float32Array(Math.min(PART_VALUES, count - first));
    for (let index = 0; index < part.length; index++) {
      const value = read(view, (first + index) * size);
      part[index] = dequantize === null ? value : dequantize(value, first + index);
    }
    yield part;
  }
}

/** The real number of a whole one at an index of the tensor. */
function dequantizer(
  path: string,
  { scales, zeros, axis }: Quantization,
  shape: readonly number[],
): (value: number, index: number) => number {
  const [scale, zero = 0] = [scales[0]!, zeros[0]];
  if (scales.length === 1) return (value) => (value - zero) * scale;
  const size = shape[axis];
  if (size !== scales.length) {
    throw new FlatbufferError(`${scales.length} scales of '${path}' for ${size ?? 'no'} positions`);
  }
  const step = elementCount(shape.slice(axis + 1));
  return (value, index) => {
    const position = Math.floor(index / step) % size;
    return (value - (zeros[position] ?? 0)) * scales[position]!;
  };
}

/** Two values of 4 bits in each byte, the first one in the lower half. */
function unpacked(data: Uint8Array, count: number): Uint8Array {
  const values = new Int8Array(count);
  for (let index = 0; index < count; index++) {
    const byte = data[index >> 1]!;
    values[index] = (index % 2 === 0 ? byte << 28 : (byte >> 4) << 28) >> 28;
  }
  return new Uint8Array(values.buffer);
}

/** Numbers that are read at once. */
const MOST_NUMBERS = 65_536;

/** The whole numbers of a constant; null: it is computed, or has others. */
export function numbersOf({ type, data, quantization }: TfliteTensor): readonly number[] | null {
  const number = stored[type];
  if (data === null || quantization !== null || number === undefined || !/^U?INT/.test(type)) return null;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const length = Math.floor(data.length / number.bytes);
  if (length > MOST_NUMBERS) return null;
  return Array.from({ length }, (_, index) => number.read(view, index * number.bytes));
}
