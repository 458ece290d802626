import type { DType } from '../language/types.ts';

/** A tensor in float64, row-major; bool as 0 and 1. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function tensorOf(dtype: DType, shape: readonly number[], values: Iterable<number>): Tensor {
  const data = Float64Array.from(values);
  if (data.length !== sizeOf(shape)) throw new Error(`${data.length} values do not fill [${shape.join(', ')}].`);
  return { dtype, shape, data };
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Distance in `data` between adjacent elements of each axis. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Creates a tensor from a function of the index. */
export function build(dtype: DType, shape: readonly number[], value: (index: readonly number[]) => number): Tensor {
  const data = new Float64Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < data.length; i++) {
    data[i] = value(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { dtype, shape, data };
}

/** The element at an index; with fewer or size-1 axes the tensor is broadcast. */
export function at(tensor: Tensor, index: readonly number[]): number {
  const strides = stridesOf(tensor.shape);
  const skipped = index.length - tensor.shape.length;
  let position = 0;
  tensor.shape.forEach((size, axis) => {
    position += (size === 1 ? 0 : index[axis + skipped]!) * strides[axis]!;
  });
  return tensor.data[position]!;
}

export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1)
      throw new Error(`[${a.join()}] and [${b.join()}] do not broadcast.`);
    return left === 1 ? right : left;
  });
}
