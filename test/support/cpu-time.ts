/** Systems count CPU time in ticks of up to 10 ms; a sum of many works is as precise as its share of a tick. */
const LEAST_MS = 60;

/**
 * Mean milliseconds that this thread computed for one `work`. Time in which other processes had the core does
 * not count, so that a ratio of two such times holds on a busy machine too.
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
 * Least CPU time of each work over `rounds` rounds, measured in turns: what disturbs one disturbs the other.
 * A limit on their ratio holds on every processor; limits in milliseconds belong to `bench/`.
 */
export function leastCpuTimes(rounds: number, ...works: readonly (() => void)[]): number[] {
  const least = works.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    for (const [index, work] of works.entries()) least[index] = Math.min(least[index]!, cpuTime(work));
  }
  return least;
}
