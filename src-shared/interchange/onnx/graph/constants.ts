import { FLOAT_TYPES, numbersAttribute, OnnxRefusal, sizeOf } from './onnx-model.ts';
import type { Numbers, OnnxNode, OnnxTensor, OnnxType } from './onnx-model.ts';

/**
 * A value of the file that does not depend on its inputs' numbers. It can depend on the number of examples, as a shape
 * does: there is a tensor for each of two numbers of examples.
 */
export interface Constant {
  readonly forBatches: readonly [OnnxTensor, OnnxTensor];
  /** Names of the file's values that it was computed from, its own included. */
  readonly names: ReadonlySet<string>;
  /** Of those the initializers. */
  readonly initializers: ReadonlySet<string>;
}

/** Limit on values that operations on constants make, so that a small file cannot fill the memory. */
export const MAX_CONSTANT_VALUES = 2 ** 24;

export function fixedConstant(tensor: OnnxTensor, name: string, isInitializer: boolean): Constant {
  return {
    forBatches: [tensor, tensor],
    names: new Set([name]),
    initializers: new Set(isInitializer ? [name] : []),
  };
}

/** The tensor. @throws OnnxRefusal if it depends on the number of examples. */
export function tensorOfConstant({ forBatches: [first, second] }: Constant): OnnxTensor {
  if (first === second) return first;
  const [a, b] = [first.values(), second.values()];
  if (a.length === b.length && first.shape.join() === second.shape.join() && a.every((value, i) => value === b[i])) {
    return first;
  }
  throw new OnnxRefusal('it needs a constant; received one that depends on the number of examples');
}

/** All values of a small constant. */
export function numbersOf(constant: Constant, atMost = 4096): number[] {
  const tensor = tensorOfConstant(constant);
  if (sizeOf(tensor.shape) > atMost) {
    throw new OnnxRefusal(`it needs at most ${atMost} values; received ${sizeOf(tensor.shape)}`);
  }
  return [...tensor.values()];
}

export function floatTensor(constant: Constant): OnnxTensor {
  const tensor = tensorOfConstant(constant);
  if (FLOAT_TYPES.has(tensor.type)) return tensor;
  throw new OnnxRefusal(`it needs real numbers; received ${tensor.type}`);
}

/** A tensor of computed values. */
export function made(type: OnnxType, shape: readonly number[], values: Numbers | readonly number[]): OnnxTensor {
  const numbers = type === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
  return { type, shape, values: () => numbers };
}

/** Checks a size before memory is allocated. */
export function allowedSize(shape: readonly number[]): number {
  const count = sizeOf(shape);
  if (shape.every((size) => Number.isInteger(size) && size >= 0) && count <= MAX_CONSTANT_VALUES) return count;
  throw new OnnxRefusal(`it makes a constant of ${shape.join(' × ')} values`);
}

/** Computes an operation on constants. An input that is left out is null. @throws OnnxRefusal if it cannot. */
export type Fold = (node: OnnxNode, inputs: readonly (OnnxTensor | null)[], opset: number) => OnnxTensor;

/** An input that is not left out. */
export const input = (inputs: readonly (OnnxTensor | null)[], index: number): OnnxTensor => {
  const tensor = inputs[index] ?? null;
  if (tensor !== null) return tensor;
  throw new OnnxRefusal(`it needs an input ${index + 1}; received none`);
};

/** Numbers of an attribute that became an input in a later operator set. */
export function listInput(
  node: OnnxNode,
  inputs: readonly (OnnxTensor | null)[],
  index: number,
  attribute: string,
): readonly number[] | null {
  const tensor = inputs[index] ?? null;
  return tensor === null ? numbersAttribute(node, attribute) : smallNumbers(tensor);
}

export function smallNumbers(tensor: OnnxTensor): number[] {
  if (sizeOf(tensor.shape) > 4096)
    throw new OnnxRefusal(`it needs a short list; received ${sizeOf(tensor.shape)} values`);
  return [...tensor.values()];
}
