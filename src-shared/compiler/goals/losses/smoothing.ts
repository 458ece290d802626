import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';

/**
 * Label smoothing: y·(1 − s) + s / classes.
 * Source: C. Szegedy et al., arXiv:1512.00567 (2015), section 7.
 */
export function smoothed(b: ProgramBuilder, targets: ValueId, smoothing: number, classes: number): ValueId {
  if (smoothing === 0) return targets;
  return b.add(b.multiply(targets, b.scalar(1 - smoothing)), b.scalar(smoothing / classes));
}
