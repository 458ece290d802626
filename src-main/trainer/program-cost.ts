import type { Operation, Program, Shape } from '../../src-shared/program/types.ts';

/** Elements of one example, the batch axis counted once. */
const perExample = (shape: Shape): number => shape.reduce<number>((product, size) => product * (size ?? 1), 1);

/**
 * Floating-point operations per example in products and convolutions, which are nearly all of a step.
 */
export function operationsPerExample(program: Program): number {
  return program.operations.reduce((sum, operation) => sum + cost(program, operation), 0);
}

/** Numbers of the largest intermediate tensor per example. */
export function largestIntermediate(program: Program): number {
  return program.values.reduce(
    (largest, { shape }) => (shape.includes(null) ? Math.max(largest, perExample(shape)) : largest),
    1,
  );
}

function cost(program: Program, operation: Operation): number {
  const elements = (index: number): number => perExample(program.values[index]!.shape);
  const [first, second] = operation.inputs;
  const output = operation.outputs[0]!;
  switch (operation.op) {
    case 'matMul': {
      const shape = program.values[first!]!.shape;
      const inner = operation.attributes.transposeA ? shape.at(-2) : shape.at(-1);
      return 2 * elements(output) * (inner ?? 1);
    }
    case 'conv2d':
      return convolutionCost(elements(output), program.values[second!]!.shape);
    case 'conv2dInputGradient':
      return convolutionCost(elements(second!), program.values[first!]!.shape);
    case 'conv2dKernelGradient':
      return convolutionCost(elements(operation.inputs[2]!), program.values[output]!.shape);
    default:
      return 0;
  }
}

/** Each output element is a product over the kernel without its output channels. */
function convolutionCost(outputElements: number, kernel: Shape): number {
  return 2 * outputElements * (perExample(kernel) / (kernel.at(-1) ?? 1));
}
