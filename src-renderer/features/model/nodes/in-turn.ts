import { flushSync } from 'svelte';

/** Milliseconds of a frame that go to waiting work; the rest is for drawing it. */
const BUDGET_MS = 3;

const waiting = new Set<() => void>();
let frame = 0;

/**
 * Changes what is on screen in one of the next frames: of many such changes so many a frame as
 * leave the canvas at hand.
 * @returns Takes it back where it still waits.
 */
export function inTurn(change: () => void): () => void {
  waiting.add(change);
  frame ||= requestAnimationFrame(work);
  return () => void waiting.delete(change);
}

function work(): void {
  const began = performance.now();
  for (const change of waiting) {
    waiting.delete(change);
    flushSync(change);
    if (performance.now() - began > BUDGET_MS) break;
  }
  frame = waiting.size === 0 ? 0 : requestAnimationFrame(work);
}
