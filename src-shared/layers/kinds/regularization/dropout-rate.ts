import type { JsonValue } from '../../../document/schema/model-document.ts';
import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import { showShape } from '../../../program/language/shape.ts';
import type { Shape, ValueId } from '../../../program/language/types.ts';
import { noiseShapeOf } from '../../parameters/noise-shape.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';

/** What the layers with a dropout rate share. */
export function rateParameter(help: string): ParameterSpec {
  const type = { kind: 'number', min: 0, max: 1, step: 0.05, exclusiveMax: true } as const;
  return { name: 'rate', label: 'Rate', help, default: 0.5, type, keras: 'required' };
}

export const noiseShapeParameter: ParameterSpec = {
  name: 'noiseShape',
  label: 'Noise shape',
  help: 'Sizes of the mask, the examples first; None: as the input. None, 1, 1, 1 drops whole examples of images (stochastic depth).',
  default: null,
  type: { kind: 'noiseShape' },
  advanced: true,
};

/** @param shape Of the input, with the axis of the examples. */
export function noiseShapeProblem(value: JsonValue | undefined, shape: Shape): string | null {
  const sizes = noiseShapeOf(value);
  if (sizes === null) return null;
  const [examples, ...others] = sizes;
  const fits = sizes.length === shape.length && others.every((size, axis) => [null, 1, shape[axis + 1]].includes(size));
  if (fits && examples === null) return null;
  const wanted = 'None for the examples, then for each other axis None, 1 or its size';
  return `needs a noise shape for ${showShape(shape)}: ${wanted}; received ${sizes.map((size) => size ?? 'None').join(', ')}. Change it, or leave it empty.`;
}

/** The input, with one entry of each axis along which the mask does not vary. */
export function likeNoise(builder: ProgramBuilder, x: ValueId, value: JsonValue | undefined): ValueId {
  const sizes = noiseShapeOf(value);
  if (sizes === null) return x;
  return builder.slice(
    x,
    sizes.map(() => 0),
    sizes.map((size) => (size === 1 ? 1 : -1)),
  );
}

/** 1 with probability 1 - rate, else 0; float32, shaped like `like`. */
export function keptMask(
  builder: ProgramBuilder,
  like: ValueId,
  step: ValueId,
  key: readonly [number, number],
  rate: number,
): ValueId {
  const random = builder.randomUniform(like, step, key);
  return builder.cast(builder.plain('greaterEqual', random, builder.scalar(rate)), 'float32');
}
