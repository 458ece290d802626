import { elementCount, showShape } from '../../../program/language/shape.ts';
import type { Shape } from '../../../program/language/types.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { integersOf } from '../../parameters/number-list.ts';

/** The target with -1 replaced by what is left; not whole where the sizes do not fit. */
function resolve(target: readonly number[], shape: Shape): number[] {
  const known = target.reduce((product, size) => (size === -1 ? product : product * size), 1);
  return target.map((size) => (size === -1 ? elementCount(shape) / known : size));
}

export const reshape: LayerDefinition = {
  kind: 'Reshape',
  family: 'core',
  otherNames: ['view', 'unflatten'],
  description: 'Lays the values of each example out in another shape.',
  formula: '[batch, …] → [batch, targetShape]',
  inputs: { min: 1, max: 1 },
  traits: { linear: 'map', rearranges: 'shape' },
  parameters: [
    {
      name: 'targetShape',
      label: 'Target shape',
      help: 'Sizes without the batch axis; one may be -1, for what is left.',
      default: [-1],
      type: { kind: 'integers', min: -1, max: 1_000_000_000, minLength: 1, maxLength: 4 },
      keras: 'required',
    },
  ],
  summarize: ({ targetShape }) => integersOf(targetShape).join(' × '),
  check: ({ targetShape }, [shape]) => {
    const target = integersOf(targetShape);
    const sizes = resolve(target, shape!);
    const sound = !target.includes(0) && target.filter((size) => size === -1).length <= 1;
    if (sound && sizes.every(Number.isInteger) && elementCount(sizes) === elementCount(shape!)) return null;
    return `needs a target shape with the ${elementCount(shape!)} values of ${showShape(shape!)}, at most one size being -1; received ${target.join(' × ')}. Set it to -1 for one row.`;
  },
  emit: ({ builder, params, inputs, inputShapes }) =>
    builder.reshape(inputs[0]!, [null, ...resolve(integersOf(params['targetShape']), inputShapes[0]!)]),
};
