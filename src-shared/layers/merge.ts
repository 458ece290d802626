import type { ProgramBuilder } from '../program/builder.ts';
import { broadcastShapes, formatShape, ShapeError } from '../program/shape.ts';
import type { Shape, ValueId } from '../program/types.ts';
import type { LayerDefinition } from './layer.ts';

type Combine = (builder: ProgramBuilder, a: ValueId, b: ValueId) => ValueId;

/** Keras's rule for inputs of different rank: those of lower rank get axes of size 1 after the batch axis. */
function widened(shape: Shape, rank: number): Shape {
  return [null, ...new Array<number>(Math.max(0, rank - shape.length)).fill(1), ...shape.slice(1)];
}

function rankOf(shapes: readonly Shape[]): number {
  return Math.max(...shapes.map((shape) => shape.length));
}

/** Null, or why these shapes do not go together element by element. */
function mergeProblem(shapes: readonly Shape[]): string | null {
  try {
    shapes.map((shape) => widened(shape, rankOf(shapes))).reduce(broadcastShapes);
    return null;
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return `needs inputs of one shape, or with sizes of 1; received ${shapes.map(formatShape).join(' and ')}. Make their sizes equal.`;
  }
}

function definition(
  kind: string,
  description: string,
  formula: string,
  max: number,
  combine: Combine,
  finish: (builder: ProgramBuilder, merged: ValueId, count: number) => ValueId = (_, merged) => merged,
): LayerDefinition {
  return {
    kind,
    family: 'merge',
    description,
    formula,
    inputs: { min: 2, max },
    parameters: [],
    summarize: () => '',
    check: (_, shapes) => mergeProblem(shapes),
    emit: ({ builder, inputs, inputShapes }) => {
      const rank = rankOf(inputShapes);
      const equal = inputs.map((input, i) => {
        const shape = inputShapes[i]!;
        return shape.length === rank ? input : builder.reshape(input, widened(shape, rank));
      });
      const merged = equal.reduce((a, b) => combine(builder, a, b));
      return finish(builder, merged, inputs.length);
    },
  };
}

const add: Combine = (builder, a, b) => builder.add(a, b);

/** Layers that join their inputs element by element, in the order of their connections. */
export const elementwiseMerges: readonly LayerDefinition[] = [
  definition('Add', 'Adds its inputs; with a shortcut, the end of a residual block.', 'a + b + …', Infinity, add),
  definition('Subtract', 'Subtracts its second input from its first.', 'a - b', 2, (builder, a, b) =>
    builder.subtract(a, b),
  ),
  definition('Multiply', 'Multiplies its inputs.', 'a · b · …', Infinity, (builder, a, b) => builder.multiply(a, b)),
  definition('Average', 'Takes the mean of its inputs.', '(a + b + …) / n', Infinity, add, (builder, sum, count) =>
    builder.divide(sum, builder.scalar(count)),
  ),
  definition('Maximum', 'Keeps the largest of its inputs.', 'max(a, b, …)', Infinity, (builder, a, b) =>
    builder.plain('maximum', a, b),
  ),
  definition('Minimum', 'Keeps the smallest of its inputs.', 'min(a, b, …)', Infinity, (builder, a, b) =>
    builder.plain('minimum', a, b),
  ),
];
