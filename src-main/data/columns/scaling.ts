import type { Column } from '../../../src-shared/data/dataset-document.ts';
import type { Summary } from '../tables/statistics.ts';

/** value' = (value - offset) / scale. */
export interface Scaling {
  readonly offset: number;
  readonly scale: number;
}

/** The scale of a constant column is 1. @param summary Of the training rows; null: no values are needed. */
export function scalingOf({ scaling }: Column, summary: Summary | null): Scaling {
  if (scaling === 'unit') return { offset: 0, scale: 255 };
  if (scaling === 'none' || summary === null) return { offset: 0, scale: 1 };
  const { min, max, mean, standardDeviation } = summary;
  const isConstant = standardDeviation === 0;
  if (scaling === 'standard') return { offset: mean, scale: isConstant ? 1 : standardDeviation };
  return { offset: min, scale: isConstant ? 1 : max - min };
}

/** Relative to the scale; smaller differences are lost in float32. */
const SCALING_TOLERANCE = 1e-6;

/** How two scalings differ; null: not in float32. */
export function scalingDifference(before: Scaling, after: Scaling): string | null {
  const tolerance = SCALING_TOLERANCE * Math.abs(before.scale);
  const same = Math.abs(before.offset - after.offset) <= tolerance && Math.abs(before.scale - after.scale) <= tolerance;
  const shown = ({ offset, scale }: Scaling): string =>
    `(value - ${Number(offset.toPrecision(6))}) / ${Number(scale.toPrecision(6))}`;
  return same ? null : `becomes ${shown(after)}; was ${shown(before)}`;
}

/** How two lists of categories or classes differ; null: not at all. */
export function namesDifference(what: string, before: readonly string[], after: readonly string[]): string | null {
  const shown = (names: readonly string[]): string =>
    names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')}, … (${names.length})`;
  if (before.length === after.length && before.every((name, place) => name === after[place])) return null;
  return `has the ${what} ${shown(after)}; had ${shown(before)}`;
}
