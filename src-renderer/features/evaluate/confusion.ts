/** A confusion matrix with what a person reads off it. */
export interface ConfusionFigures {
  readonly total: number;
  readonly correct: number;
  /** Largest count off the diagonal; the strength of the colour of wrong cells. */
  readonly worst: number;
  /** Share of each class's rows that were found; null for a class without rows. */
  readonly recall: readonly (number | null)[];
  /** Share of right ones among those predicted as the class; null where it was never predicted. */
  readonly precision: readonly (number | null)[];
}

/** @param confusion confusion[actual][predicted]. */
export function confusionFigures(confusion: readonly (readonly number[])[]): ConfusionFigures {
  let total = 0;
  let correct = 0;
  let worst = 0;
  const rowSums = confusion.map(() => 0);
  const columnSums = confusion.map(() => 0);
  confusion.forEach((row, actual) =>
    row.forEach((count, predicted) => {
      total += count;
      rowSums[actual]! += count;
      columnSums[predicted]! += count;
      if (actual === predicted) correct += count;
      else worst = Math.max(worst, count);
    }),
  );
  const share = (sums: readonly number[]) =>
    confusion.map((row, index) => ((sums[index] ?? 0) === 0 ? null : row[index]! / sums[index]!));
  return { total, correct, worst, recall: share(rowSums), precision: share(columnSums) };
}

/** The most frequent mistakes, largest first. */
export function commonMistakes(
  confusion: readonly (readonly number[])[],
  most: number,
): { actual: number; predicted: number; count: number }[] {
  return confusion
    .flatMap((row, actual) => row.map((count, predicted) => ({ actual, predicted, count })))
    .filter(({ actual, predicted, count }) => actual !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, most);
}
