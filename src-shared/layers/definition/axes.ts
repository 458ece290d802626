import { showShape } from '../../program/language/shape.ts';
import type { Shape } from '../../program/language/types.ts';
import type { ParameterSpec } from '../parameters/parameter-spec.ts';

/** What layers with an axis share. Axes are Keras's: 0 is the batch, negative ones count from the end. */

/** A parameter that names one axis. */
export function axisParameter(help: string): ParameterSpec {
  const type = { kind: 'integer', min: -8, max: 8 } as const;
  return { name: 'axis', label: 'Axis', help, default: -1, type, advanced: true };
}

/** A parameter that names one axis or several. */
export function axesParameter(help: string): ParameterSpec {
  const type = { kind: 'integers', min: -8, max: 8, minLength: 1, maxLength: 4 } as const;
  return { name: 'axis', label: 'Axis', help, default: -1, type, advanced: true };
}

/** An axis counted from the front. */
export function axisOf(axis: number, shape: Shape): number {
  return axis < 0 ? axis + shape.length : axis;
}

/** Axes counted from the front, ascending. */
export function axesOf(axes: readonly number[], shape: Shape): number[] {
  return axes.map((axis) => axisOf(axis, shape)).sort((a, b) => a - b);
}

/** Null, or why these are not axes of one example of this shape. */
export function axesProblem(axes: readonly number[], shape: Shape): string | null {
  const found = axesOf(axes, shape);
  const fits = found.every((axis, i) => axis >= 1 && axis < shape.length && axis !== found[i - 1]);
  if (fits) return null;
  return `needs different axes from 1 to ${shape.length - 1} (or negative ones, from the end) of ${showShape(shape)}; received ${axes.join(', ')}. Set axis to -1.`;
}

/** All axes but the batch's and the given ones. */
export function otherAxes(axes: readonly number[], shape: Shape): number[] {
  return shape.flatMap((_, axis) => (axis === 0 || axes.includes(axis) ? [] : [axis]));
}
