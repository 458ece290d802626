import { splitNames } from '../../../src-shared/data/dataset-document.ts';
import type { Split, SplitName } from '../../../src-shared/data/dataset-document.ts';

export type Fractions = Pick<Split, SplitName>;

/** Fractions are kept to a thousandth, so that they read well and sum exactly. */
const STEP = 1000;

function rounded(value: number): number {
  return Math.round(value * STEP) / STEP;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

/**
 * Moves a border of the bar.
 * @param divider 0: between train and validation; 1: between validation and test; 2: after test,
 *   where rows begin that are not used.
 * @param at Where the border goes, as a fraction of the bar.
 */
export function moveDivider(fractions: Fractions, divider: 0 | 1 | 2, at: number): Fractions {
  const first = fractions.train;
  const second = first + fractions.validation;
  const third = second + fractions.test;
  if (divider === 0) {
    const to = rounded(clamp(at, 0, second));
    return { train: to, validation: rounded(second - to), test: fractions.test };
  }
  if (divider === 1) {
    const to = rounded(clamp(at, first, third));
    return { train: first, validation: rounded(to - first), test: rounded(third - to) };
  }
  const to = rounded(clamp(at, second, 1));
  return { train: first, validation: fractions.validation, test: rounded(to - second) };
}

/** Sets one part; the others give way, train first, so that the sum stays what it was, at most 1. */
export function setPart(fractions: Fractions, part: SplitName, value: number): Fractions {
  const sum = fractions.train + fractions.validation + fractions.test;
  const wanted = rounded(clamp(value, 0, 1));
  const next = { ...fractions, [part]: wanted };
  let excess = next.train + next.validation + next.test - Math.min(1, Math.max(sum, wanted));
  const order: SplitName[] = splitNames.filter((other) => other !== part);
  for (const other of order) {
    const given = clamp(next[other] - excess, 0, 1);
    excess -= next[other] - given;
    next[other] = rounded(given);
    if (Math.abs(excess) < 1e-9) break;
  }
  return next;
}

/** What is left of 1: rows that no split uses. */
export function unusedPart({ train, validation, test }: Fractions): number {
  const rest = 1 - train - validation - test;
  return rest < 0.0005 ? 0 : rest;
}
