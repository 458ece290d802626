import { sameShape, ShapeError, showShape } from '../language/shape.ts';
import type { DType, OpAttributes, OpName, Shape, TensorType } from '../language/types.ts';

/** Infers the output types of one operation from its attributes and input types. */
export interface ShapeRule<Name extends OpName> {
  /** Number of inputs; null: one or more. */
  readonly inputs: number | null;
  /** @throws ShapeError where the inputs do not fit. */
  readonly infer: (attributes: OpAttributes[Name], ...inputs: TensorType[]) => readonly TensorType[];
}

export type ShapeRules<Name extends OpName> = { readonly [Key in Name]: ShapeRule<Key> };

export function tensor(dtype: DType, shape: Shape): TensorType {
  return { dtype, shape };
}

export function requireType(type: TensorType, allowed: readonly DType[], what: string): void {
  if (!allowed.includes(type.dtype)) {
    throw new ShapeError(`Expected ${what} of type ${allowed.join(' or ')}; received ${type.dtype}.`);
  }
}

export function requireRank(type: TensorType, rank: number, what: string): void {
  if (type.shape.length !== rank) {
    throw new ShapeError(`Expected ${what} of rank ${rank}; received ${showShape(type.shape)}.`);
  }
}

/** Size of an axis that must not be the batch axis. */
export function fixedSize(type: TensorType, axis: number, what: string): number {
  const size = type.shape[axis];
  if (size === undefined || size === null) {
    throw new ShapeError(`Expected ${what} with a known size on axis ${axis}; received ${showShape(type.shape)}.`);
  }
  return size;
}

export function requireSameShape(a: TensorType, b: TensorType, what: string): void {
  if (!sameShape(a.shape, b.shape)) {
    throw new ShapeError(`Expected ${what} of one shape; received ${showShape(a.shape)} and ${showShape(b.shape)}.`);
  }
}
