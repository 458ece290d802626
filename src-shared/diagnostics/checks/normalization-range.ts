import type { WeightSpec } from '../../compiler/graph/compiled.ts';
import { simplify } from '../../program/builder/simplify.ts';
import type { Program } from '../../program/language/types.ts';

/** The first BatchNormalization of the trained part of a model. */
export interface FirstNormalization {
  readonly layer: string;
  /** Names of its stored statistics, one value a channel. */
  readonly mean: string;
  readonly variance: string;
  /** Computes what it reads: the output `value`, channels last. */
  readonly program: Program;
}

/** One value a channel. */
export interface ChannelStatistics {
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
}

/** How values differ from the ones that a normalization was trained on: medians over its channels. */
export interface RangeDifference {
  /** Distance of the means, in stored standard deviations. */
  readonly shift: number;
  /** Standard deviation as a multiple of the stored one. */
  readonly spread: number;
}

/** Values as `scale` · x + `offset`, as Rescaling computes them. */
export interface Rescaled {
  readonly scale: number;
  readonly offset: number;
}

/** Rescalings between the usual ranges of pixels: 0 … 255, 0 … 1 and −1 … 1. */
export const PIXEL_RESCALINGS: readonly (Rescaled & { readonly words: string })[] = [
  { scale: 255, offset: 0, words: 'scale 255' },
  { scale: 1 / 255, offset: 0, words: 'scale 1/255' },
  { scale: 2, offset: -1, words: 'scale 2 and offset -1' },
  { scale: 1 / 127.5, offset: -1, words: 'scale 1/127.5 and offset -1' },
  { scale: 0.5, offset: 0.5, words: 'scale 0.5 and offset 0.5' },
  { scale: 127.5, offset: 127.5, words: 'scale 127.5 and offset 127.5' },
];

/** Other data than that of the training moves means by less than this, and spreads by less than this factor. */
const MOST_SHIFT = 1;
const MOST_SPREAD = 3;

/**
 * @param predict The prediction program.
 * @param given Names of the weights that have trained values.
 * @returns Null if there is none, or if layers without trained weights come before it.
 */
export function firstNormalization(
  predict: Program,
  weights: readonly WeightSpec[],
  given: ReadonlySet<string>,
): FirstNormalization | null {
  const names = new Map(predict.state.map(({ name, value }) => [value, name]));
  const operation = predict.operations.find(({ inputs }) =>
    inputs.some((input) => names.get(input)?.endsWith('/moving_variance') === true),
  );
  if (operation === undefined) return null;
  const variance = operation.inputs.map((input) => names.get(input)).find((name) => name !== undefined)!;
  const spec = weights.find(({ name }) => name === variance);
  const mean = weights.find(({ name, layer }) => layer === spec?.layer && name.endsWith('/moving_mean'));
  if (spec === undefined || mean === undefined || spec.shape.length !== 1) return null;
  const inside = predict.operations.filter(({ scope }) => scope === operation.scope);
  const made = new Set(inside.flatMap(({ outputs }) => outputs));
  const value = inside
    .flatMap(({ inputs }) => inputs)
    .find((input) => !made.has(input) && predict.values[input]!.shape[0] === null);
  if (value === undefined || predict.values[value]!.shape.at(-1) !== spec.shape[0]) return null;
  const program = simplify({ ...predict, outputs: [{ name: 'value', value }] });
  const isTrained = [mean, spec, ...program.state].every(({ name }) => given.has(name));
  return isTrained ? { layer: spec.layer, mean: mean.name, variance, program } : null;
}

export function rangeDifference(found: ChannelStatistics, stored: ChannelStatistics): RangeDifference {
  const shifts: number[] = [];
  const spreads: number[] = [];
  for (let channel = 0; channel < stored.mean.length; channel++) {
    const deviation = Math.sqrt(stored.variance[channel]!);
    // A channel that is always 0 says nothing.
    if (!(deviation > 1e-6)) continue;
    shifts.push(Math.abs(found.mean[channel]! - stored.mean[channel]!) / deviation);
    spreads.push(Math.sqrt(found.variance[channel]!) / deviation);
  }
  return shifts.length === 0 ? { shift: 0, spread: 1 } : { shift: median(shifts), spread: median(spreads) };
}

export function isInRange({ shift, spread }: RangeDifference): boolean {
  return shift <= MOST_SHIFT && spread <= MOST_SPREAD && spread >= 1 / MOST_SPREAD;
}

/** @param rescaled What brings the values into the range; null: none of the usual ones does. */
export function rangeWarning(
  layer: string,
  { shift, spread }: RangeDifference,
  rows: number,
  rescaled: { readonly words: string } | null,
): string {
  const remedy =
    rescaled === null
      ? 'Prepare the data as it was prepared for the trained layers: change the scaling of its columns, or add Rescaling after the Input.'
      : `With Rescaling of ${rescaled.words} after the Input they would have it. Add this layer, or change the scaling of the columns.`;
  return `'${layer}', the first normalization of the trained layers, gets values of another range than in its training. In ${rows} training rows the means of its channels differ from the stored ones by ${shown(shift)} standard deviations, and its standard deviations are ${shown(spread)} times the stored ones (medians). ${remedy}`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

const shown = (value: number): string => String(Number(value.toPrecision(2)));
