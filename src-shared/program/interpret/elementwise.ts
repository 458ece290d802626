import { at, broadcastShape, build } from './tensor.ts';
import type { Tensor } from './tensor.ts';
import type { DType } from '../language/types.ts';

export function map(x: Tensor, f: (value: number) => number): Tensor {
  return { ...x, data: x.data.map(f) };
}

export function zip(a: Tensor, b: Tensor, f: (a: number, b: number) => number, dtype: DType = a.dtype): Tensor {
  return build(dtype, broadcastShape(a.shape, b.shape), (index) => f(at(a, index), at(b, index)));
}

export function select(condition: Tensor, whenTrue: Tensor, whenFalse: Tensor): Tensor {
  const shape = broadcastShape(condition.shape, broadcastShape(whenTrue.shape, whenFalse.shape));
  return build(whenTrue.dtype, shape, (index) => at(at(condition, index) === 1 ? whenTrue : whenFalse, index));
}

/** Error function by a series of positive terms, without cancellation. For |x| <= 6, 200 terms give float64 precision. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
