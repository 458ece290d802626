import type { ModelDocument } from '../schema/model-document.ts';
import type { Change, Operation } from './operations.ts';

/**
 * Turns a change of a block's graph (from `graphOf`) into a change of the document.
 * @param block Null: the model's own graph; returns the change unchanged.
 */
export function changeInside(block: string | null, change: Change): Change {
  if (block === null) return change;
  const operations = change.operations.map((operation): Operation => {
    switch (operation.kind) {
      case 'renameDocument':
      case 'setWeights':
      case 'insertBlock':
      case 'removeBlock':
      case 'replaceBlock':
        return operation;
      default:
        return { ...operation, block };
    }
  });
  // Several graphs may have the same node id.
  const gesture = change.gesture === undefined ? {} : { gesture: `${block}:${change.gesture}` };
  return { ...change, operations, ...gesture };
}

/** Graphs that differ between two versions of a model: ids of blocks; null is the model's own graph. */
export function changedGraphs(before: ModelDocument, after: ModelDocument): Set<string | null> {
  const changed = new Set<string | null>();
  const parts = ['nodes', 'edges', 'notes', 'groups'] as const;
  if (parts.some((part) => before[part] !== after[part])) changed.add(null);
  const earlier = new Map(before.blocks.map((block) => [block.id, block]));
  for (const block of after.blocks) {
    const same = earlier.get(block.id);
    if (same !== undefined && same !== block) changed.add(block.id);
  }
  return changed;
}
