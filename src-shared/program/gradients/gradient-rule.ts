import type { ProgramBuilder } from '../builder/builder.ts';
import { broadcastAxes, sameShape } from '../language/shape.ts';
import type { OpAttributes, OpName, Shape, ValueId } from '../language/types.ts';

/** What a gradient rule may use. Rules emit further operations, so gradients have gradients. */
export interface GradientCall<Name extends OpName> {
  readonly builder: ProgramBuilder;
  readonly attributes: OpAttributes[Name];
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  /** First output of the operation. */
  readonly output: ValueId;
  /** d loss / d output, shaped like the first output. */
  readonly gradient: ValueId;
}

/** What a rule for several outputs may use; a gradient is null where the loss does not depend on that output. */
export type SeveralGradients<Name extends OpName> = Omit<GradientCall<Name>, 'output' | 'gradient'> & {
  readonly gradients: readonly (ValueId | null)[];
};

/** Emits d loss / d input, shaped like the input. Called only where that input's gradient is needed. */
export type InputGradient = () => ValueId;

/**
 * 'zero': the operation is constant or piecewise constant. 'none': a gradient is not
 * defined for it; asking for one is a bug of the caller. A function gives one entry an
 * input, null where that input's gradient is zero; it is for operations of which only the
 * first output may have a gradient. `everyOutput` is for the others.
 */
export type GradientRule<Name extends OpName> =
  | 'zero'
  | 'none'
  | ((call: GradientCall<Name>, ...inputs: ValueId[]) => readonly (InputGradient | null)[])
  | { readonly everyOutput: (call: SeveralGradients<Name>) => readonly (InputGradient | null)[] };

export type GradientRules<Name extends OpName> = { readonly [Key in Name]: GradientRule<Key> };

/** Sums a gradient over the axes along which an input of `shape` was repeated. */
export function unbroadcast(builder: ProgramBuilder, gradient: ValueId, shape: Shape): ValueId {
  const from = builder.shapeOf(gradient);
  const summed = builder.reduceSum(gradient, broadcastAxes(shape, from));
  return sameShape(builder.shapeOf(summed), shape) ? summed : builder.reshape(summed, shape);
}

/** float32 zeros of the shape of another value. */
export function zerosLike(builder: ProgramBuilder, like: ValueId): ValueId {
  return builder.plain('broadcastLike', builder.scalar(0), like);
}
