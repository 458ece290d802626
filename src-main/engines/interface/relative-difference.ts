/**
 * Largest |a − b|, relative to the largest |b|; infinite for NaN and for other lengths.
 *
 * @param smallest What differences are relative to if all |b| are smaller.
 */
export function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>, smallest = Number.MIN_VALUE): number {
  if (a.length !== b.length) return Infinity;
  let difference = 0;
  let size = smallest;
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    size = Math.max(size, Math.abs(b[i]!));
  }
  return Number.isNaN(difference) ? Infinity : difference / size;
}
