import type { ProgramBuilder } from '../program/builder/builder.ts';
import type { ValueId } from '../program/language/types.ts';

/** Largest integer exponent that is expanded into products. */
const MAX_PRODUCTS = 16;

/**
 * x to a constant exponent. Integer exponents become products, and 0.5 a square root: their
 * gradients are correct for x ≤ 0 too, unlike that of the operation `power`.
 */
export function power(b: ProgramBuilder, x: ValueId, exponent: number): ValueId {
  if (exponent === 0.5) return b.plain('sqrt', x);
  if (!Number.isInteger(exponent) || Math.abs(exponent) > MAX_PRODUCTS) {
    return b.plain('power', x, b.scalar(exponent));
  }
  const positive = wholePower(b, x, Math.abs(exponent));
  return exponent < 0 ? b.divide(b.scalar(1), positive) : positive;
}

/** Exponentiation by squaring. */
function wholePower(b: ProgramBuilder, x: ValueId, exponent: number): ValueId {
  if (exponent === 0) return b.scalar(1);
  if (exponent === 1) return x;
  const squared = b.plain('square', wholePower(b, x, Math.floor(exponent / 2)));
  return exponent % 2 === 0 ? squared : b.multiply(squared, x);
}
