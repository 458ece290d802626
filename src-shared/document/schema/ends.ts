import { BLOCK_INPUT, BLOCK_OUTPUT } from './blocks.ts';

const ENDS: ReadonlySet<string> = new Set(['Input', 'Output', BLOCK_INPUT, BLOCK_OUTPUT]);

/** True for kinds where values enter or leave a graph: nothing comes before, or nothing behind them. */
export function isEnd(kind: string): boolean {
  return ENDS.has(kind);
}
