/**
 * Reduces a curve to at most `maxPoints` points. It divides the steps into equal intervals and
 * keeps the smallest and the largest loss of each, in step order, so that no peak is lost. The
 * first and the last step are kept.
 *
 * @param steps Ascending.
 * @param losses Finite, as long as `steps`.
 * @param maxPoints At least 2.
 * @returns [step, loss] pairs, ascending.
 */
export function decimate(
  steps: ArrayLike<number>,
  losses: ArrayLike<number>,
  maxPoints: number,
): [step: number, loss: number][] {
  const count = steps.length;
  const point = (i: number): [number, number] => [steps[i]!, losses[i]!];
  if (count <= maxPoints) return Array.from({ length: count }, (_, i) => point(i));
  const intervals = Math.floor((maxPoints - 2) / 2);
  const points = [point(0)];
  const inner = count - 2;
  for (let interval = 0; interval < intervals; interval++) {
    const start = 1 + Math.floor((interval * inner) / intervals);
    const end = 1 + Math.floor(((interval + 1) * inner) / intervals);
    let low = start;
    let high = start;
    for (let i = start + 1; i < end; i++) {
      if (losses[i]! < losses[low]!) low = i;
      if (losses[i]! > losses[high]!) high = i;
    }
    points.push(point(Math.min(low, high)));
    if (low !== high) points.push(point(Math.max(low, high)));
  }
  points.push(point(count - 1));
  return points;
}
