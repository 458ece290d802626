/** Two kinds of iris-like flowers: mean petal size in cm and standard deviations. The values are invented. */
const KINDS = [
  { name: 'setosa-like', length: 1.5, width: 0.25, lengthDeviation: 0.17, widthDeviation: 0.08 },
  { name: 'versicolor-like', length: 4.3, width: 1.3, lengthDeviation: 0.42, widthDeviation: 0.18 },
] as const;

export const FLOWER_KINDS: readonly string[] = KINDS.map(({ name }) => name);

/** Limit in standard deviations: with noise 1 a line separates the kinds. */
const MAX_DEVIATIONS = 2.5;

/**
 * Length and width of one petal in cm, rounded to 0.1 mm. Longer petals are wider.
 *
 * @param kind 0 or 1.
 * @param noise Factor of the standard deviations; 1 is the default.
 * @param normal Two standard normal numbers.
 */
export function flowerPetal(
  kind: number,
  noise: number,
  normal: readonly [number, number],
): { length: number; width: number } {
  const { length, width, lengthDeviation, widthDeviation } = KINDS[kind]!;
  const [longer, wider] = normal.map((value) => noise * Math.min(MAX_DEVIATIONS, Math.max(-MAX_DEVIATIONS, value))) as [
    number,
    number,
  ];
  const measured = (value: number): number => Math.max(0.05, Math.round(value * 100) / 100);
  return {
    length: measured(length + lengthDeviation * longer),
    width: measured(width + widthDeviation * (0.6 * longer + 0.8 * wider)),
  };
}
