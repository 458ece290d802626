import { deriveKey, philoxWords } from './philox.ts';

/**
 * A random order of 0 … n - 1 by seed, purpose and epoch (Fisher–Yates shuffle).
 * Indices are word * range / 2^32, so the bias is below n / 2^32.
 */
export function permutation(seed: number, purpose: string, epoch: number, n: number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, index) => index);
  const words = philoxWords(deriveKey(seed, 'permutation', purpose), epoch, n);
  for (let last = n - 1; last > 0; last--) {
    const chosen = Math.floor((words[last]! * (last + 1)) / 0x100000000);
    const moved = order[last]!;
    order[last] = order[chosen]!;
    order[chosen] = moved;
  }
  return order;
}
