import type { ProgramBuilder } from '../../../src-shared/program/builder/builder.ts';
import type { ValueId } from '../../../src-shared/program/language/types.ts';

/** A value limited to a range, its ends included. */
export function between(b: ProgramBuilder, x: ValueId, low: number, high: number): ValueId {
  return b.plain('minimum', b.plain('maximum', x, b.scalar(low)), b.scalar(high));
}

/** The whole number that is nearest; the even one of two. Exact for all float32 numbers: no sum is rounded. */
export function roundedToEven(b: ProgramBuilder, x: ValueId): ValueId {
  const below = b.plain('floor', x);
  const rest = b.subtract(x, below);
  const half = b.multiply(below, b.scalar(0.5));
  const isOdd = b.plain('greater', half, b.plain('floor', half));
  const isHalf = b.plain('equal', rest, b.scalar(0.5));
  const isUp = b.plain('logicalOr', b.plain('greater', rest, b.scalar(0.5)), b.plain('logicalAnd', isHalf, isOdd));
  return b.add(below, b.select(isUp, b.scalar(1), b.scalar(0)));
}
