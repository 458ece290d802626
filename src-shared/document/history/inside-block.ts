import type { ModelDocument } from '../schema/model-document.ts';
import type { Change, Operation } from './operations.ts';

/**
 * A change of the graph inside a block, made as if that graph were the model (`graphOf`),
 * as a change of the document.
 * @param block Null: the model's own graph; the change as it is.
 */
export function changeInside(block: string | null, change: Change): Change {
  if (block === null) return change;
  const operations = change.operations.map((operation): Operation => {
    switch (operation.kind) {
      case 'renameDocument':
      case 'insertBlock':
      case 'removeBlock':
      case 'replaceBlock':
        return operation;
      default:
        return { ...operation, block };
    }
  });
  // The same node id may stand in several graphs.
  const gesture = change.gesture === undefined ? {} : { gesture: `${block}:${change.gesture}` };
  return { ...change, operations, ...gesture };
}

/** Graphs that differ between two versions of a model: ids of blocks, null for the model's own. */
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
