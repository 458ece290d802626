import { blockOf, graphOf } from '../schema/blocks.ts';
import { setFrozen } from '../edits/edits.ts';
import { firstCopies } from '../schema/frozen-paths.ts';
import { changeInside } from '../history/inside-block.ts';
import type { InsidePath, ModelDocument, ModelNode } from '../schema/model-document.ts';
import type { Change, Operation } from '../history/operations.ts';

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

/**
 * Freezes nodes of a graph of the model, or unfreezes them: of those that are not frozen as a whole
 * what is frozen inside, in this use of their blocks and in the blocks themselves.
 * @param graph The block whose graph it is; null: the model's own.
 * @returns Null where they are so already.
 */
export function setFrozenIn(
  whole: ModelDocument,
  graph: string | null,
  nodeIds: readonly string[],
  frozen: boolean,
): Change | null {
  const own = graphOf(whole, graph);
  if (frozen) {
    const change = setFrozen(own, nodeIds, true);
    return change && changeInside(graph, change);
  }
  const wanted = new Set(nodeIds);
  const chosen = own.nodes.filter(({ id }) => wanted.has(id));
  const thawed = chosen
    .filter(isMarked)
    .map((node) => (node.frozen ? { ...node, frozen: false } : withPaths(node, [])));
  const operations = [
    ...(thawed.length === 0 ? [] : changeInside(graph, { label: '', operations: [replaced(thawed)] }).operations),
    ...thawedInside(
      whole,
      chosen.filter((node) => !node.frozen),
    ),
  ];
  if (operations.length === 0) return null;
  const [only] = chosen;
  return { label: chosen.length === 1 ? `Unfreeze '${only!.name}'` : `Unfreeze ${chosen.length} layers`, operations };
}

/** What is frozen in the blocks of these nodes, and in blocks inside those, unfrozen. */
function thawedInside(whole: ModelDocument, nodes: readonly ModelNode[]): Operation[] {
  const found = new Map<string, readonly ModelNode[]>();
  const visit = (node: ModelNode): void => {
    const block = blockOf(whole, node);
    if (block === undefined || found.has(block.id)) return;
    found.set(block.id, block.nodes);
    block.nodes.forEach(visit);
  };
  nodes.forEach(visit);
  return [...found].flatMap(([block, inside]) => {
    const frozen = inside.filter(isMarked).map(thaw);
    return frozen.length === 0 ? [] : [{ ...replaced(frozen), block }];
  });
}

const isMarked = (node: ModelNode): boolean => node.frozen || (node.frozenPaths?.length ?? 0) > 0;
const thaw = (node: ModelNode): ModelNode => ({ ...withPaths(node, []), frozen: false });
const replaced = (nodes: readonly ModelNode[]) => ({ kind: 'replaceNodes' as const, nodes });

/** Unfreezes every layer of the model and of all blocks; null where none is frozen. */
export function unfreezeAll(document: ModelDocument): Change | null {
  const operations = [
    { block: null, nodes: document.nodes },
    ...document.blocks.map(({ id, nodes }) => ({ block: id, nodes })),
  ]
    .map(({ block, nodes }) => ({ block, nodes: nodes.filter(isMarked).map(thaw) }))
    .filter(({ nodes }) => nodes.length > 0)
    .map(({ block, nodes }): Operation => ({ ...replaced(nodes), ...(block === null ? {} : { block }) }));
  return operations.length === 0 ? null : { label: 'Unfreeze all layers', operations };
}

function withPaths(node: ModelNode, paths: readonly InsidePath[]): ModelNode {
  const { frozenPaths: _old, ...rest } = node;
  return paths.length === 0 ? rest : { ...rest, frozenPaths: [...paths] };
}
