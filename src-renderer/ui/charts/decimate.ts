/** [x, y], as series cross the contract. */
export type Point = readonly [number, number];

/**
 * At most `maxPoints` points: in each of `maxPoints / 2` buckets of equal width in x the
 * lowest and the highest stay, so that no spike is lost. First and last stay too.
 * @param points Ascending in x.
 */
export function decimate(points: readonly Point[], maxPoints: number): readonly Point[] {
  const first = points[0];
  const last = points.at(-1);
  if (points.length <= maxPoints || first === undefined || last === undefined) return points;
  const buckets = Math.max(1, Math.floor(maxPoints / 2) - 1);
  const width = (last[0] - first[0]) / buckets;
  const kept: Point[] = [first];
  let low: Point | null = null;
  let high: Point | null = null;
  let bucket = 0;
  const close = () => {
    if (low === null || high === null) return;
    if (low === high) kept.push(low);
    else kept.push(...(low[0] <= high[0] ? [low, high] : [high, low]));
    low = high = null;
  };
  for (const point of points.slice(1, -1)) {
    const index = width === 0 ? 0 : Math.min(buckets - 1, Math.floor((point[0] - first[0]) / width));
    if (index !== bucket) {
      close();
      bucket = index;
    }
    if (low === null || point[1] < (low as Point)[1]) low = point;
    if (high === null || point[1] > (high as Point)[1]) high = point;
  }
  close();
  kept.push(last);
  return kept;
}
