import type { ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';

export type Way = 'next' | 'previous' | 'beside';

/**
 * The layer that a step by keyboard leads to.
 * @param from Null: nothing is selected, and the step leads to the first layer.
 * @returns Null where there is none.
 */
export function neighbourOf({ nodes, edges }: ModelDocument, from: string | null, way: Way): string | null {
  const at = nodes.findIndex(({ id }) => id === from);
  if (at < 0) return nodes[0]?.id ?? null;
  if (way === 'beside') return nodes[(at + 1) % nodes.length]!.id;
  return way === 'next'
    ? (edges.find(({ source }) => source === from)?.target ?? null)
    : (edges.find(({ target }) => target === from)?.source ?? null);
}
