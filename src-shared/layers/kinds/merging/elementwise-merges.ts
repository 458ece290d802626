import { portsNamed } from '../../../document/schema/ports.ts';
import type { InputPort } from '../../../document/schema/ports.ts';
import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import { broadcastShapes, showShape, ShapeError } from '../../../program/language/shape.ts';
import type { Shape, ValueId } from '../../../program/language/types.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { anyMask, maskColumn, whereMasked } from '../../definition/masks.ts';
import type { Mask } from '../../definition/masks.ts';

/** One input with its mask. */
interface Part {
  readonly x: ValueId;
  readonly mask: Mask | null;
}

type Combine = (builder: ProgramBuilder, parts: readonly Part[]) => ValueId;

/** Keras's rule for inputs of different rank: those of lower rank get axes of size 1 after the batch axis. */
export function widened(shape: Shape, rank: number): Shape {
  return [null, ...new Array<number>(Math.max(0, rank - shape.length)).fill(1), ...shape.slice(1)];
}

/** The largest rank. */
export function rankOf(shapes: readonly Shape[]): number {
  return Math.max(...shapes.map((shape) => shape.length));
}

/** Null, or why these shapes do not go together element by element. */
export function mergeProblem(shapes: readonly Shape[]): string | null {
  try {
    shapes.map((shape) => widened(shape, rankOf(shapes))).reduce(broadcastShapes);
    return null;
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return `needs inputs of one shape, or with sizes of 1; received ${shapes.map(showShape).join(' and ')}. Make their sizes equal.`;
  }
}

interface Merge extends Pick<LayerDefinition, 'kind' | 'otherNames' | 'description' | 'formula' | 'traits'> {
  /** Inputs that it takes, by name; absent: any number. */
  readonly ports?: readonly InputPort[];
  readonly combine: Combine;
}

function definition({ ports, combine, ...own }: Merge): LayerDefinition {
  return {
    ...own,
    family: 'merge',
    inputs: ports === undefined ? { min: 2, max: Infinity } : { min: 2, max: ports.length, ports },
    parameters: [],
    mask: 'use',
    summarize: () => '',
    check: (_, shapes) => mergeProblem(shapes),
    emit: ({ builder, inputs, inputShapes, masks }) => {
      const rank = rankOf(inputShapes);
      // Steps of one rank do not line up with those of another: no mask then.
      const aligned = inputShapes.every((shape) => shape.length === rank);
      const parts = inputs.map((input, i) => {
        const shape = inputShapes[i]!;
        const x = shape.length === rank ? input : builder.reshape(input, widened(shape, rank));
        return { x, mask: aligned ? (masks[i] ?? null) : null };
      });
      return {
        output: combine(builder, parts),
        mask: anyMask(
          builder,
          parts.map(({ mask }) => mask),
        ),
      };
    },
  };
}

const add: Combine = (builder, parts) => parts.map(({ x }) => x).reduce((a, b) => builder.add(a, b));

/** Padding counts as 1, and as 0 where all inputs are padding. Source: Keras 3 `Multiply`. */
const multiply: Combine = (builder, parts) => {
  const product = parts
    .map(({ x, mask }) => (mask === null ? x : whereMasked(builder, mask, x, 1)))
    .reduce((a, b) => builder.multiply(a, b));
  const mask = anyMask(
    builder,
    parts.map((part) => part.mask),
  );
  return mask === null ? product : whereMasked(builder, mask, product, 0);
};

/** Padding takes the other inputs' value. Source: Keras 3 `Merge._apply_merge_op_and_or_mask`. */
function extreme(op: 'maximum' | 'minimum'): Combine {
  return (b, [first, ...rest]) => {
    let { x: output, mask: outputMask } = first!;
    for (const part of rest) {
      const x = part.mask === null ? part.x : b.select(maskColumn(b, part.mask), part.x, output);
      const before = outputMask === null ? output : b.select(maskColumn(b, outputMask), output, x);
      output = b.plain(op, before, x);
      outputMask = anyMask(b, [outputMask, part.mask]);
    }
    return output;
  };
}

/** Layers that join their inputs element by element. */
export const elementwiseMerges: readonly LayerDefinition[] = [
  definition({
    kind: 'Add',
    otherNames: ['sum', 'plus', 'residual', 'skip connection', 'shortcut'],
    description: 'Adds its inputs; with a shortcut, the end of a residual block.',
    formula: 'a + b + …',
    traits: { linear: 'sum' },
    combine: add,
  }),
  definition({
    kind: 'Subtract',
    otherNames: ['minus', 'difference'],
    description: 'Subtracts its second input from its first.',
    formula: 'a - b',
    ports: portsNamed('a', 'b'),
    traits: { linear: 'sum' },
    combine: (builder, [a, b]) => builder.subtract(a!.x, b!.x),
  }),
  definition({
    kind: 'Multiply',
    otherNames: ['product', 'times', 'gate', 'hadamard'],
    description: 'Multiplies its inputs.',
    formula: 'a · b · …',
    traits: { multiplies: true },
    combine: multiply,
  }),
  definition({
    kind: 'Average',
    otherNames: ['mean'],
    description: 'Takes the mean of its inputs.',
    formula: '(a + b + …) / n',
    traits: { linear: 'sum' },
    combine: (builder, parts) => builder.divide(add(builder, parts), builder.scalar(parts.length)),
  }),
  definition({
    kind: 'Maximum',
    otherNames: ['max', 'maxout'],
    description: 'Keeps the largest of its inputs.',
    formula: 'max(a, b, …)',
    combine: extreme('maximum'),
  }),
  definition({
    kind: 'Minimum',
    otherNames: ['min'],
    description: 'Keeps the smallest of its inputs.',
    formula: 'min(a, b, …)',
    combine: extreme('minimum'),
  }),
];
