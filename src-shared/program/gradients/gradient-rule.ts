import type { ProgramBuilder } from '../builder/builder.ts';
import { broadcastAxes, sameShape } from '../language/shape.ts';
import type { OpAttributes, OpName, Shape, ValueId } from '../language/types.ts';

/** Arguments of a gradient rule. Rules emit operations, so gradients can be differentiated again. */
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

/** Arguments of a rule for several outputs. A gradient is null where the loss does not depend on that output. */
export type SeveralGradients<Name extends OpName> = Omit<GradientCall<Name>, 'output' | 'gradient'> & {
  readonly gradients: readonly (ValueId | null)[];
};

/** Emits d loss / d input, with the input's shape. Called only if that gradient is needed. */
export type InputGradient = () => ValueId;

/**
 * - 'zero': the operation is constant or piecewise constant.
 * - 'none': no gradient is defined; requesting one is a bug in the caller.
 * - A function: for operations where only the first output can have a gradient. Returns one
 *   entry per input, null where that input's gradient is zero.
 * - `everyOutput`: for operations where several outputs can have gradients.
 */
export type GradientRule<Name extends OpName> =
  | 'zero'
  | 'none'
  | ((call: GradientCall<Name>, ...inputs: ValueId[]) => readonly (InputGradient | null)[])
  | { readonly everyOutput: (call: SeveralGradients<Name>) => readonly (InputGradient | null)[] };

export type GradientRules<Name extends OpName> = { readonly [Key in Name]: GradientRule<Key> };

/** Sums a gradient over the axes along which an input of `shape` was broadcast. */
export function unbroadcast(builder: ProgramBuilder, gradient: ValueId, shape: Shape): ValueId {
  const from = builder.shapeOf(gradient);
  const summed = builder.reduceSum(gradient, broadcastAxes(shape, from));
  return sameShape(builder.shapeOf(summed), shape) ? summed : builder.reshape(summed, shape);
}

/** float32 zeros of the shape of another value. */
export function zerosLike(builder: ProgramBuilder, like: ValueId): ValueId {
  return builder.plain('broadcastLike', builder.scalar(0), like);
}
