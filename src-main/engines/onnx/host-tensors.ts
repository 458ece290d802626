import type { Tensor } from 'onnxruntime-node';
import { AppError } from '../../../src-shared/contract/app-error.ts';
import type { DType, TensorType } from '../../../src-shared/program/types.ts';
import type { HostTensor } from '../engine.ts';
import type { OnnxBackend } from './runtime.ts';

export type HostArray = Float32Array | Int32Array | Uint8Array;

export const elementCount = (shape: readonly number[]): number =>
  shape.reduce((product, extent) => product * extent, 1);

export function allocate(dtype: DType, count: number): HostArray {
  if (dtype === 'float32') return new Float32Array(count);
  if (dtype === 'int32') return new Int32Array(count);
  return new Uint8Array(count);
}

/** A tensor over `data`, which is neither copied nor freed: native code reads and writes it there. */
export function tensorOver({ runtime }: OnnxBackend, dtype: DType, data: HostArray, shape: readonly number[]): Tensor {
  return new runtime.Tensor(dtype, data as never, [...shape]);
}

export function toHostTensor(dtype: DType, shape: readonly number[], data: HostArray): HostTensor {
  if (dtype === 'float32' && data instanceof Float32Array) return { dtype, shape, data };
  if (dtype === 'int32' && data instanceof Int32Array) return { dtype, shape, data };
  if (dtype === 'bool' && data instanceof Uint8Array) return { dtype, shape, data };
  throw new Error(`A ${dtype} tensor does not hold a ${data.constructor.name}`);
}

/**
 * Checks a tensor from outside against the type that a program gives it.
 *
 * @throws AppError `engine/tensor-mismatch` naming the tensor, what was expected and received.
 */
export function checkTensor(name: string, tensor: HostTensor, type: TensorType): void {
  const fits =
    tensor.dtype === type.dtype &&
    tensor.shape.length === type.shape.length &&
    type.shape.every((extent, axis) => extent === null || extent === tensor.shape[axis]) &&
    tensor.data.length === elementCount(tensor.shape);
  if (fits) return;
  throw new AppError(
    'engine/tensor-mismatch',
    `'${name}' must be ${type.dtype} ${shapeText(type.shape)}; received ${tensor.dtype} ${shapeText(tensor.shape)} ` +
      `with ${tensor.data.length} elements. Prepare it with the same model and data set.`,
    { name },
  );
}

export const shapeText = (shape: readonly (number | null)[]): string =>
  `[${shape.map((extent) => extent ?? 'batch').join(', ')}]`;
