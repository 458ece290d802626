import { flushSync } from 'svelte';

/** Milliseconds of a frame for pending changes; the rest is for drawing them. */
const BUDGET_MS = 3;

const waiting = new Set<() => void>();
let frame = 0;

/**
 * Runs a change of the screen in one of the next frames, few enough in each for the canvas to respond.
 * @returns A function that cancels it if it has not run.
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
