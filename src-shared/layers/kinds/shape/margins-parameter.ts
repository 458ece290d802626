import type { JsonValue } from '../../../document/schema/model-document.ts';
import type { WindowAxes } from '../../definition/sequences.ts';
import { integersOf } from '../../parameters/number-list.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';

const HELP: Readonly<Record<WindowAxes, string>> = {
  1: 'Before and after, or one number.',
  2: 'Top, bottom, left, right; or height, width; or one number.',
  3: 'Front, back, top, bottom, left, right; or depth, height, width; or one number.',
};

const LENGTHS: Readonly<Record<WindowAxes, { numbers: string; sides: string }>> = {
  1: { numbers: 'one or two', sides: 'before and after' },
  2: { numbers: 'one, two or four', sides: 'top, bottom, left, right' },
  3: { numbers: 'one, three or six', sides: 'front, back, top, bottom, left, right' },
};

/** What ZeroPadding and Cropping share. */
export function marginsParameter(name: string, label: string, axes: WindowAxes, standard: number): ParameterSpec {
  return {
    name,
    label,
    help: HELP[axes],
    default: new Array<number>(Math.max(axes, 2)).fill(standard),
    type: { kind: 'margins', axes, max: 100_000 },
  };
}

/** Null, or why the list has another length than one number, one an axis or one a side. */
export function marginsProblem(name: string, axes: WindowAxes, value: JsonValue | undefined): string | null {
  const given = integersOf(value);
  if ([1, axes, 2 * axes].includes(given.length)) return null;
  const { numbers, sides } = LENGTHS[axes];
  return `needs ${numbers} numbers as ${name}; received ${given.join(', ')}. Give ${sides}.`;
}
