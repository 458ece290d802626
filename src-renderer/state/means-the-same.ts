import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { ModelGraphParts } from '../../src-shared/document/history/operations.ts';

/** True if two versions of a document differ only in what is shown: positions, notes, groups. */
export function meansTheSame(a: ModelDocument, b: ModelDocument): boolean {
  return (
    sameGraph(a, b) &&
    a.weights === b.weights &&
    a.blocks.length === b.blocks.length &&
    a.blocks.every((block, i) => {
      const other = b.blocks[i]!;
      if (block === other) return true;
      return (
        block.id === other.id &&
        block.name === other.name &&
        block.parameters === other.parameters &&
        sameGraph(block, other)
      );
    })
  );
}

function sameGraph(a: ModelGraphParts, b: ModelGraphParts): boolean {
  if (a.edges !== b.edges || a.nodes.length !== b.nodes.length) return false;
  return a.nodes.every((node, i) => {
    const other = b.nodes[i]!;
    return (
      node === other ||
      (node.id === other.id &&
        node.kind === other.kind &&
        node.name === other.name &&
        node.frozen === other.frozen &&
        node.frozenPaths === other.frozenPaths &&
        node.weightsOf === other.weightsOf &&
        node.params === other.params)
    );
  });
}
