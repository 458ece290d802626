/** Mean and spread of one figure of several runs. */
export interface Spread {
  readonly count: number;
  readonly mean: number;
  /** Standard deviation of a sample (n − 1); null for one value. */
  readonly deviation: number | null;
  readonly least: number;
  readonly most: number;
}

/** @returns Null if there are no values. */
export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = values.length === 1 ? null : Math.sqrt(squares / (values.length - 1));
  return { count: values.length, mean, deviation, least: Math.min(...values), most: Math.max(...values) };
}
