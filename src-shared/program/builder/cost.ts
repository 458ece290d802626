import { scanLength } from '../shapes/scan-shapes.ts';
import type { Operation, Program, Shape, TensorType } from '../language/types.ts';

/** Number of elements of one example: the batch axis counts as 1. */
const perExample = (shape: Shape): number => shape.reduce<number>((product, size) => product * (size ?? 1), 1);

/** Multiply-adds per example. Only matrix products and convolutions count; other operations cost little beside them. */
export function multiplyAdds(values: readonly TensorType[], operation: Operation): number {
  const elements = (index: number): number => perExample(values[index]!.shape);
  const shape = (index: number): Shape => values[operation.inputs[index]!]!.shape;
  const output = operation.outputs[0]!;
  switch (operation.op) {
    case 'matMul': {
      const inner = operation.attributes.transposeA ? shape(0).at(-2) : shape(0).at(-1);
      return elements(output) * (inner ?? 1);
    }
    case 'conv2d':
    case 'conv3d':
      return convolution(elements(output), shape(1));
    case 'conv2dInputGradient':
    case 'conv3dInputGradient':
      return convolution(elements(operation.inputs[1]!), shape(0));
    case 'conv2dKernelGradient':
    case 'conv3dKernelGradient':
      return convolution(elements(operation.inputs[2]!), values[output]!.shape);
    case 'scan': {
      const { body } = operation.attributes;
      const steps = scanLength(
        operation.inputs.map((input) => values[input]!),
        operation.attributes,
      );
      return steps * body.operations.reduce((sum, inner) => sum + multiplyAdds(body.values, inner), 0);
    }
    default:
      return 0;
  }
}

/** Floating-point operations per example in products and convolutions. */
export function operationsPerExample(program: Program): number {
  return program.operations.reduce((sum, operation) => sum + 2 * multiplyAdds(program.values, operation), 0);
}

/** Number of elements per example of the largest intermediate tensor. */
export function largestIntermediate(program: Program): number {
  return program.values.reduce(
    (largest, { shape }) => (shape.includes(null) ? Math.max(largest, perExample(shape)) : largest),
    1,
  );
}

/** Each output element takes one multiply-add per kernel element of its output channel. */
function convolution(outputElements: number, kernel: Shape): number {
  return outputElements * (perExample(kernel) / (kernel.at(-1) ?? 1));
}
