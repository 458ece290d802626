import type { JsonValue } from '../../../document/schema/model-document.ts';
import type { ValueId } from '../../../program/language/types.ts';
import type { LayerContext, PixelRange } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';

/** Height and width of the images that come out. */
export const sizeParameters: readonly ParameterSpec[] = [
  sizeParameter('height', 'Height'),
  sizeParameter('width', 'Width'),
];

function sizeParameter(name: string, label: string): ParameterSpec {
  const help = `${label} of the output, in pixels.`;
  return { name, label, help, default: 224, type: { kind: 'integer', min: 1, max: 10_000 }, keras: 'required' };
}

/** Checked height and width parameters. */
export function sizeOf({ height, width }: Readonly<Record<string, JsonValue>>): readonly [number, number] {
  return [numberOf(height), numberOf(width)];
}

/** The value of pixels that the image does not have. */
export function fillValueParameter(label: string, help: string): ParameterSpec {
  const type = { kind: 'number', min: -1e9, max: 1e9, step: 1 } as const;
  return { name: 'fillValue', label, help, default: 0, type, advanced: true };
}

/** How values between pixels are read. @param more Options besides bilinear and nearest. */
export function interpolationParameter(
  help: string,
  more: readonly { readonly value: string; readonly label: string }[] = [],
): ParameterSpec {
  const options = [{ value: 'bilinear', label: 'Bilinear' }, { value: 'nearest', label: 'Nearest' }, ...more];
  const type = { kind: 'choice', options } as const;
  return { name: 'interpolation', label: 'Interpolation', help, default: 'bilinear', type };
}

/** A parameter with the limits of a random number: two numbers, or one for both sides of 0. */
export function factorParameter(
  name: string,
  label: string,
  help: string,
  [min, max]: readonly [number, number] = [-1, 1],
): ParameterSpec {
  const type = { kind: 'numbers', min, max, maxLength: 2 } as const;
  return { name, label, help, default: 0.2, type, keras: 'required' };
}

/** Checked limits of a random number, ascending. @param lowest Limit that one negative number is raised to. */
export function limitsOf(value: JsonValue | undefined, lowest = -Infinity): readonly [number, number] {
  const given = (Array.isArray(value) ? value : [value]).map(numberOf).sort((a, b) => a - b);
  if (given.length === 2) return [given[0]!, given[1]!];
  const factor = Math.abs(given[0]!);
  return [Math.max(-factor, lowest), factor];
}

/** '0.2', or '-0.1 to 0.2'. */
export function limitsSummary(value: JsonValue | undefined): string {
  return Array.isArray(value) ? limitsOf(value).join(' to ') : String(value);
}

/** Least and largest value of a pixel; results are clipped to them. */
export const valueRangeParameter: ParameterSpec = {
  name: 'valueRange',
  label: 'Pixel range',
  help: 'Least and largest value of a pixel: 0, 255 or 0, 1. Results outside are clipped.',
  default: [0, 255],
  type: { kind: 'numbers', min: -1e9, max: 1e9, minLength: 2, maxLength: 2 },
};

/** The pixels that a layer with this range expects; null: other numbers. @param params Not checked. */
export function pixelsOf({ valueRange }: Readonly<Record<string, JsonValue>>): PixelRange | null {
  if (!Array.isArray(valueRange) || !valueRange.includes(0)) return null;
  return valueRange.includes(255) ? 'bytes' : valueRange.includes(1) ? 'unit' : null;
}

export function clipped({ builder: b, params }: LayerContext, value: ValueId): ValueId {
  const [low, high] = limitsOf(params['valueRange']);
  return b.plain('maximum', b.plain('minimum', value, b.scalar(high)), b.scalar(low));
}

/**
 * One uniform number an image, from `low` up to `high`: [N, 1, 1, 1].
 * @param step Of the training.
 */
export function drawnPerImage(
  { builder: b, inputs, randomKey }: LayerContext,
  step: ValueId,
  purpose: string,
  limits: readonly [number, number],
): ValueId {
  const onePerImage = b.slice(inputs[0]!, [0, 0, 0, 0], [-1, 1, 1, 1]);
  return between({ builder: b }, b.randomUniform(onePerImage, step, randomKey(purpose)), limits);
}

/** `drawnPerImage` in the shape in which it meets positions of pixels: [N, 1, 1]. */
export function drawnPosition(
  context: LayerContext,
  step: ValueId,
  purpose: string,
  limits: readonly [number, number],
): ValueId {
  return context.builder.reshape(drawnPerImage(context, step, purpose, limits), [null, 1, 1]);
}

/** A number from 0 up to 1, scaled to other limits. */
export function between(
  { builder: b }: Pick<LayerContext, 'builder'>,
  uniform: ValueId,
  [low, high]: readonly [number, number],
): ValueId {
  return b.add(b.multiply(uniform, b.scalar(high - low)), b.scalar(low));
}
