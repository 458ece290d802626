import { firstCopies } from './frozen-paths.ts';
import type { InsidePath, ModelDocument, ModelNode } from './model-document.ts';
import type { Change, Operation } from './operations.ts';

/** Freezing inside blocks: of single uses by `frozenPaths`, of all uses by the layer's own `frozen`. */

/** Freezes the first copies of a repeated block; 0 unfreezes them. Null where it is so already. */
export function setFrozenCopies(
  document: ModelDocument,
  nodeId: string,
  count: number,
  gesture?: string,
): Change | null {
  const node = document.nodes.find((other) => other.id === nodeId);
  if (node === undefined || firstCopies(node.frozenPaths) === count) return null;
  const others = (node.frozenPaths ?? []).filter((path) => firstCopies([path]) === 0);
  const paths = count === 0 ? others : [[[1, count]] satisfies InsidePath, ...others];
  const label =
    count === 0
      ? `Unfreeze copies of '${node.name}'`
      : `Freeze ${count === 1 ? 'the first copy' : `the first ${count} copies`} of '${node.name}'`;
  return {
    label,
    operations: [{ kind: 'replaceNodes', nodes: [withPaths(node, paths)] }],
    ...(gesture === undefined ? {} : { gesture }),
  };
}

/** Freezes or unfreezes what a path names, in this use of the block alone. Null where it is so already. */
export function setFrozenPath(
  document: ModelDocument,
  nodeId: string,
  path: InsidePath,
  frozen: boolean,
  what: string,
): Change | null {
  const node = document.nodes.find((other) => other.id === nodeId);
  if (node === undefined) return null;
  const text = JSON.stringify(path);
  const known = node.frozenPaths ?? [];
  const others = known.filter((other) => JSON.stringify(other) !== text);
  if (frozen === others.length < known.length) return null;
  const changed = withPaths(node, frozen ? [...known, path] : others);
  return {
    label: `${frozen ? 'Freeze' : 'Unfreeze'} '${what}' in '${node.name}'`,
    operations: [{ kind: 'replaceNodes', nodes: [changed] }],
  };
}

/** Unfreezes every layer of the model and of all blocks; null where none is frozen. */
export function unfreezeAll(document: ModelDocument): Change | null {
  const thawed = (nodes: readonly ModelNode[]): ModelNode[] =>
    nodes
      .filter((node) => node.frozen || (node.frozenPaths?.length ?? 0) > 0)
      .map((node) => ({ ...withPaths(node, []), frozen: false }));
  const operations = [
    { block: null, nodes: document.nodes },
    ...document.blocks.map(({ id, nodes }) => ({ block: id, nodes })),
  ]
    .map(({ block, nodes }) => ({ block, nodes: thawed(nodes) }))
    .filter(({ nodes }) => nodes.length > 0)
    .map(({ block, nodes }): Operation => ({ kind: 'replaceNodes', nodes, ...(block === null ? {} : { block }) }));
  return operations.length === 0 ? null : { label: 'Unfreeze all layers', operations };
}

function withPaths(node: ModelNode, paths: readonly InsidePath[]): ModelNode {
  const { frozenPaths: _old, ...rest } = node;
  return paths.length === 0 ? rest : { ...rest, frozenPaths: [...paths] };
}
