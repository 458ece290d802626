/** CPU time is counted in ticks of up to 10 ms; a sum over several calls has the precision of its share of a tick. */
const LEAST_MS = 60;

/**
 * Mean CPU milliseconds of this thread for one `work`. Time used by other processes does not count, so a ratio of two
 * such times is stable on a busy machine.
 */
function cpuTime(work: () => void): number {
  const before = process.threadCpuUsage();
  for (let count = 1; ; count++) {
    work();
    const { user, system } = process.threadCpuUsage(before);
    const spentMs = (user + system) / 1000;
    if (spentMs >= LEAST_MS) return spentMs / count;
  }
}

/**
 * Least CPU time of each work over `rounds` rounds, measured alternately so that disturbances affect all. A limit on
 * their ratio is valid on every processor; limits in milliseconds belong to `bench/`.
 */
export function leastCpuTimes(rounds: number, ...works: readonly (() => void)[]): number[] {
  const least = works.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    for (const [index, work] of works.entries()) least[index] = Math.min(least[index]!, cpuTime(work));
  }
  return least;
}
