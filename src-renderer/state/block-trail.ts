import { BLOCK, graphOf } from '../../src-shared/document/schema/blocks.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';

/** One step into the inside of a block. */
export interface TrailStep {
  /** The Block node that was opened; null if the block was opened without one. */
  readonly nodeId: string | null;
  readonly blockId: string;
}

/** The part of a trail that an edit has left standing. */
export function validTrail(document: ModelDocument, trail: readonly TrailStep[]): readonly TrailStep[] {
  let inside: string | null = null;
  const length = trail.findIndex(({ nodeId, blockId }) => {
    const known = document.blocks.some(({ id }) => id === blockId);
    const entered =
      nodeId === null ||
      graphOf(document, inside).nodes.some((node) => node.id === nodeId && node.params['block'] === blockId);
    inside = blockId;
    return !known || !entered;
  });
  return length < 0 ? trail : trail.slice(0, length);
}

/** The shortest path to a block through its first use in the model; only the block if it is unused. */
export function trailTo(document: ModelDocument, blockId: string): readonly TrailStep[] {
  const pending: { trail: readonly TrailStep[]; graph: string | null }[] = [{ trail: [], graph: null }];
  const seen = new Set<string | null>([null]);
  for (let at = pending.shift(); at !== undefined; at = pending.shift()) {
    for (const node of graphOf(document, at.graph).nodes) {
      const inner = node.params['block'];
      if (node.kind !== BLOCK || typeof inner !== 'string' || seen.has(inner)) continue;
      seen.add(inner);
      const trail = [...at.trail, { nodeId: node.id, blockId: inner }];
      if (inner === blockId) return trail;
      pending.push({ trail, graph: inner });
    }
  }
  return [{ nodeId: null, blockId }];
}

/** Ids of the Block nodes on the way; null where the block was opened without a use. */
export function pathOf(trail: readonly TrailStep[]): readonly string[] | null {
  const path = trail.flatMap(({ nodeId }) => nodeId ?? []);
  return path.length === trail.length ? path : null;
}
