import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import { showShape } from '../../../program/language/shape.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { axesProblem, axisOf, axisParameter } from '../../definition/axes.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { anyMask, fullMask } from '../../definition/masks.ts';
import type { Mask } from '../../definition/masks.ts';
import { numberOf } from '../../parameters/number.ts';

export const concatenate: LayerDefinition = {
  kind: 'Concatenate',
  family: 'merge',
  otherNames: ['concat', 'cat', 'join', 'merge', 'stack'],
  description: 'Puts its inputs one after the other.',
  formula: '[a, b, …]',
  inputs: { min: 2, max: Infinity },
  mask: 'use',
  traits: { linear: 'map', joins: true },
  parameters: [axisParameter('The axis along which the inputs follow each other.')],
  summarize: ({ axis }) => (axis === -1 ? '' : `axis ${String(axis)}`),
  check: ({ axis }, shapes) => {
    const [first] = shapes;
    const problem = axesProblem([numberOf(axis)], first!);
    if (problem !== null) return problem;
    const along = axisOf(numberOf(axis), first!);
    const fits = shapes.every(
      (shape) => shape.length === first!.length && shape.every((size, i) => i === along || size === first![i]),
    );
    if (fits) return null;
    return `needs inputs that differ on axis ${along} alone; received ${shapes.map(showShape).join(' and ')}. Make their other sizes equal, or insert Flatten.`;
  },
  emit: ({ builder, params, inputs, inputShapes, masks }) => {
    const axis = axisOf(numberOf(params['axis']), inputShapes[0]!);
    return { output: builder.concat(inputs, axis), mask: joinedMask(builder, axis, inputs, masks) };
  },
};

/** Masks one after the other as their inputs are; along the last axis, a step counts where it does in any input. */
function joinedMask(
  b: ProgramBuilder,
  axis: number,
  inputs: readonly ValueId[],
  masks: readonly (Mask | null)[],
): Mask | null {
  if (masks.every((mask) => mask === null)) return null;
  const full = masks.map((mask, i) => mask ?? fullMask(b, inputs[i]!));
  if (axis === b.shapeOf(inputs[0]!).length - 1) return anyMask(b, full);
  return b.concat(full, axis);
}
