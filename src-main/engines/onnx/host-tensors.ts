import type { Tensor } from 'onnxruntime-node';
import type { DType } from '../../../src-shared/program/language/types.ts';
import type { HostTensor } from '../interface/engine.ts';
import type { OnnxBackend } from './runtime.ts';

export type HostArray = Float32Array | Int32Array | Uint8Array;

export function allocate(dtype: DType, count: number): HostArray {
  if (dtype === 'float32') return new Float32Array(count);
  if (dtype === 'int32') return new Int32Array(count);
  return new Uint8Array(count);
}

/** A tensor that shares the memory of `data`: native code reads and writes it in place. */
export function tensorOver({ runtime }: OnnxBackend, dtype: DType, data: HostArray, shape: readonly number[]): Tensor {
  return new runtime.Tensor(dtype, data as never, [...shape]);
}

export function toHostTensor(dtype: DType, shape: readonly number[], data: HostArray): HostTensor {
  if (dtype === 'float32' && data instanceof Float32Array) return { dtype, shape, data };
  if (dtype === 'int32' && data instanceof Int32Array) return { dtype, shape, data };
  if (dtype === 'bool' && data instanceof Uint8Array) return { dtype, shape, data };
  throw new Error(`A ${dtype} tensor does not hold a ${data.constructor.name}`);
}
