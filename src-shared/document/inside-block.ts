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
