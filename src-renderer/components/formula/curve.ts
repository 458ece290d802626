import { evaluate } from '../../../src-shared/expression/evaluate.ts';
import { isElementwise } from '../../../src-shared/expression/elementwise.ts';
import { formulaFault, parseFormula } from '../../../src-shared/expression/parse.ts';

/** A function of x and its slope, sampled for drawing. */
export interface Curve {
  readonly x: readonly number[];
  /** NaN where the function is not defined. */
  readonly y: readonly number[];
  readonly slope: readonly number[];
}

const POINTS = 161;
/** Jumps lie at whole numbers and simple fractions; points and steps that do not, pass them by. */
const SHIFT = 1.234e-4;
const STEP = 1e-5;

/** From −range to range; null where the formula cannot be drawn: it is wrong, or values depend on each other. */
export function curveOf(formula: string, range: number): Curve | null {
  if (formulaFault(formula, ['x']) !== null) return null;
  const expression = parseFormula(formula, ['x']);
  if (!isElementwise(expression)) return null;
  const at = (x: number): number => {
    const value = evaluate(expression, new Map([['x', x]]));
    return Number.isFinite(value) ? value : Number.NaN;
  };
  const x = Array.from({ length: POINTS }, (_, i) => range * ((2 * i) / (POINTS - 1) - 1) + SHIFT);
  return { x, y: x.map(at), slope: x.map((point) => (at(point + STEP) - at(point - STEP)) / (2 * STEP)) };
}

/** Lowest and highest value to show: all of the function near 0, and what of the rest is not far beyond. */
export function extentOf({ y, slope }: Curve): readonly [number, number] {
  const limit = 5;
  const values = [...y, ...slope].filter((value) => Number.isFinite(value) && Math.abs(value) <= limit);
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  return high - low < 1e-3 ? [-1, 1] : [low, high];
}

/** Beyond what slopes explain, between two points, and relative to large values: the function jumps. */
const JUMP = 0.1;

/** Whether the function jumps on the way to each point. */
export function jumpsOf({ x, y, slope }: Curve): readonly boolean[] {
  return y.map((value, i) => {
    if (i === 0) return false;
    const expected = ((slope[i]! + slope[i - 1]!) / 2) * (x[i]! - x[i - 1]!);
    return Math.abs(value - y[i - 1]! - expected) > JUMP * Math.max(1, Math.abs(value));
  });
}

/** SVG path through the points that lie within the drawing, broken where the function jumps, is not defined or leaves it. */
export function pathOf(
  x: readonly number[],
  y: readonly number[],
  toX: (x: number) => number,
  toY: (y: number) => number,
  height: number,
  jumps: readonly boolean[] = [],
): string {
  let pen = 'M';
  return x
    .map((value, i) => {
      const top = toY(y[i]!);
      if (!(top >= -height && top <= 2 * height)) {
        pen = 'M';
        return '';
      }
      if (jumps[i] === true) pen = 'M';
      const part = `${pen}${toX(value).toFixed(1)} ${top.toFixed(1)}`;
      pen = 'L';
      return part;
    })
    .join('');
}
