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

/** Graphs whose nodes or edges these operations change: ids of blocks, null for the model's own. */
export function changedGraphs(operations: readonly Operation[]): Set<string | null> {
  const changed = new Set<string | null>();
  for (const operation of operations) {
    if (operation.kind === 'replaceBlock') changed.add(operation.block.id);
    else if (
      operation.kind !== 'renameDocument' &&
      operation.kind !== 'insertBlock' &&
      operation.kind !== 'removeBlock'
    ) {
      changed.add(operation.block ?? null);
    }
  }
  return changed;
}
