import type { JsonValue } from '../document/model-document.ts';
import type { ParameterSpec } from './layer.ts';
import { integersOf } from './parameters.ts';

/** What padding and cropping share: how much on each side of each axis. */

/** Before and after, for each axis. */
export type Margins = readonly (readonly [number, number])[];

/** @param axes 1 for sequences, 2 for images. */
export function marginsParameter(name: string, label: string, axes: 1 | 2, standard: number): ParameterSpec {
  return {
    name,
    label,
    help:
      axes === 1 ? 'Before and after, or one number.' : 'Top, bottom, left, right; or height, width; or one number.',
    default: new Array<number>(2).fill(standard),
    type: { kind: 'integers', min: 0, max: 100_000, minLength: 1, maxLength: 2 * axes },
  };
}

/** Null, or why the list has another length than one number, one an axis (images) or one a side. */
export function marginsProblem(name: string, value: JsonValue | undefined): string | null {
  const given = integersOf(value);
  return given.length === 3
    ? `needs one, two or four numbers as ${name}; received ${given.join(', ')}. Give top, bottom, left, right.`
    : null;
}

/** A checked margins parameter. */
export function marginsOf(value: JsonValue | undefined, axes: 1 | 2): Margins {
  const [first, second = first, left, right] = integersOf(value) as [number, number?, number?, number?];
  if (axes === 1) return [[first, second!]];
  return left === undefined || right === undefined
    ? [
        [first, first],
        [second!, second!],
      ]
    : [
        [first, second!],
        [left, right],
      ];
}
