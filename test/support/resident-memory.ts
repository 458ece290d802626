import { collectGarbage } from '../../src-main/trainer/preparation/collect-garbage.ts';

/**
 * Resident memory of this process after the last rounds, divided by that after the first ones: medians of a quarter
 * of the rounds each, without JavaScript garbage. Allocators keep freed pages for a while, so that a single reading
 * varies by some percent.
 */
export async function residentGrowth(rounds: number, round: () => Promise<void>): Promise<number> {
  const readings: number[] = [];
  for (let count = 0; count < rounds; count++) {
    await round();
    await collectGarbage();
    readings.push(process.memoryUsage().rss);
  }
  const quarter = Math.ceil(rounds / 4);
  return median(readings.slice(-quarter)) / median(readings.slice(0, quarter));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
