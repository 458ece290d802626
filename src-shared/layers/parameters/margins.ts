import type { JsonValue } from '../../document/schema/model-document.ts';
import { integersFault, integersField, integersOf } from './number-list.ts';
import type { ParameterKind } from './parameter-kind.ts';

/** What padding and cropping add or remove: one number, one for each axis, or before and after each axis. */
export interface MarginsType {
  readonly kind: 'margins';
  readonly axes: 1 | 2 | 3;
  readonly max: number;
}

const limits = ({ axes, max }: MarginsType) => ({ min: 0, max, minLength: 1, maxLength: 2 * axes });

export const margins: ParameterKind<MarginsType> = {
  fault: (type, value) => integersFault(limits(type), value),
  field: (type) => integersField(limits(type)),
  toKeras: ({ axes }, value) => (axes === 1 ? (value as number | number[]) : marginsOf(value, axes)),
};

/** Before and after, for each axis. */
export type Margins = readonly (readonly [number, number])[];

/** A checked margins parameter. */
export function marginsOf(value: JsonValue | undefined, axes: 1 | 2 | 3): Margins {
  const given = integersOf(value);
  return Array.from({ length: axes }, (_, axis): readonly [number, number] => {
    if (given.length === 2 * axes) return [given[2 * axis]!, given[2 * axis + 1]!];
    const one = given[axis] ?? given[0]!;
    return [one, one];
  });
}
