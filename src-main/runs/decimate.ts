/**
 * Thins a curve to at most `maxPoints` points: equal stretches of steps, of each the smallest
 * and the largest loss in the order in which they came, so that no peak is lost. First and last
 * step are kept.
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
  const stretches = Math.floor((maxPoints - 2) / 2);
  const points = [point(0)];
  const inner = count - 2;
  for (let stretch = 0; stretch < stretches; stretch++) {
    const start = 1 + Math.floor((stretch * inner) / stretches);
    const end = 1 + Math.floor(((stretch + 1) * inner) / stretches);
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
