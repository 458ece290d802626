import { blockOf, graphOf } from '../schema/blocks.ts';
import { setFrozen } from '../edits/edits.ts';
import { firstCopies } from '../schema/frozen-paths.ts';
import { ownerOf, ownersIn } from '../schema/shared-layers.ts';
import { changeInside } from '../history/inside-block.ts';
import type { InsidePath, ModelDocument, ModelNode } from '../schema/model-document.ts';
import type { Change, Operation } from '../history/operations.ts';

// Freezing inside blocks: `frozenPaths` of a Block node for one use, `frozen` of a layer for all uses.

/** Freezes the first `count` copies of a repeated block; 0 unfreezes them. Null if nothing changes. */
export function setFrozenCopies(
  document: ModelDocument,
  nodeId: string,
  count: number,
  gesture?: string,
): Change | null {
  const node = withFreezing(document, nodeId);
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

/** Freezes or unfreezes a path in one use of a block. Null if nothing changes. */
export function setFrozenPath(
  document: ModelDocument,
  nodeId: string,
  path: InsidePath,
  frozen: boolean,
  what: string,
): Change | null {
  const node = withFreezing(document, nodeId);
  if (node === undefined) return null;
  const changed = withFrozenPath(node, path, frozen);
  if (changed === node) return null;
  return {
    label: `${frozen ? 'Freeze' : 'Unfreeze'} '${what}' in '${node.name}'`,
    operations: [{ kind: 'replaceNodes', nodes: [changed] }],
  };
}

/** A Block node with a path frozen or not; the same node if nothing changes. */
export function withFrozenPath(node: ModelNode, path: InsidePath, frozen: boolean): ModelNode {
  const text = JSON.stringify(path);
  const known = node.frozenPaths ?? [];
  const others = known.filter((other) => JSON.stringify(other) !== text);
  if (frozen === others.length < known.length) return node;
  return withPaths(node, frozen ? [...known, path] : others);
}

/**
 * Freezes or unfreezes nodes of a graph. Unfreezing a Block node that is not frozen as a whole
 * unfreezes what is frozen inside, both for this use and in the blocks themselves.
 * @param graph Id of the block with these nodes; null: the model's own graph.
 * @returns Null if nothing changes.
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
  const owners = new Set(own.nodes.filter(({ id }) => wanted.has(id)).map(ownersIn(own.nodes)));
  const chosen = own.nodes.filter((node) => owners.has(node));
  const unfrozen = chosen
    .filter(isMarked)
    .map((node) => (node.frozen ? { ...node, frozen: false } : withPaths(node, [])));
  const operations = [
    ...(unfrozen.length === 0 ? [] : changeInside(graph, { label: '', operations: [replaced(unfrozen)] }).operations),
    ...unfreezeInside(
      whole,
      chosen.filter((node) => !node.frozen),
    ),
  ];
  if (operations.length === 0) return null;
  const [only] = chosen;
  return { label: chosen.length === 1 ? `Unfreeze '${only!.name}'` : `Unfreeze ${chosen.length} layers`, operations };
}

/**
 * Freezes nodes of a graph except the last ones, and unfreezes those.
 *
 * @param nodeIds In topological order.
 * @param last Number of nodes that train.
 * @returns Null if nothing changes.
 */
export function freezeAllBut(
  whole: ModelDocument,
  graph: string | null,
  nodeIds: readonly string[],
  last: number,
): Change | null {
  const first = Math.max(0, nodeIds.length - last);
  const changes = [
    setFrozenIn(whole, graph, nodeIds.slice(0, first), true),
    setFrozenIn(whole, graph, nodeIds.slice(first), false),
  ];
  const operations = changes.flatMap((change) => change?.operations ?? []);
  const label = `Freeze all but the last ${last === 1 ? 'layer' : `${last} layers`}`;
  return operations.length === 0 ? null : { label, operations };
}

/** The node whose freezing applies to this one: itself, or the one whose weights it uses. */
function withFreezing({ nodes }: ModelDocument, nodeId: string): ModelNode | undefined {
  const node = nodes.find(({ id }) => id === nodeId);
  return node === undefined ? undefined : ownerOf(nodes, node);
}

/** Unfreezes all layers in the blocks of these nodes, nested blocks included. */
function unfreezeInside(whole: ModelDocument, nodes: readonly ModelNode[]): Operation[] {
  const found = new Map<string, readonly ModelNode[]>();
  const visit = (node: ModelNode): void => {
    const block = blockOf(whole, node);
    if (block === undefined || found.has(block.id)) return;
    found.set(block.id, block.nodes);
    block.nodes.forEach(visit);
  };
  nodes.forEach(visit);
  return [...found].flatMap(([block, inside]) => {
    const frozen = inside.filter(isMarked).map(unfreeze);
    return frozen.length === 0 ? [] : [{ ...replaced(frozen), block }];
  });
}

const isMarked = (node: ModelNode): boolean => node.frozen || (node.frozenPaths?.length ?? 0) > 0;
const unfreeze = (node: ModelNode): ModelNode => ({ ...withPaths(node, []), frozen: false });
const replaced = (nodes: readonly ModelNode[]) => ({ kind: 'replaceNodes' as const, nodes });

/** Unfreezes every layer of the model and of all blocks; null if none is frozen. */
export function unfreezeAll(document: ModelDocument): Change | null {
  const operations = [
    { block: null, nodes: document.nodes },
    ...document.blocks.map(({ id, nodes }) => ({ block: id, nodes })),
  ]
    .map(({ block, nodes }) => ({ block, nodes: nodes.filter(isMarked).map(unfreeze) }))
    .filter(({ nodes }) => nodes.length > 0)
    .map(({ block, nodes }): Operation => ({ ...replaced(nodes), ...(block === null ? {} : { block }) }));
  return operations.length === 0 ? null : { label: 'Unfreeze all layers', operations };
}

function withPaths(node: ModelNode, paths: readonly InsidePath[]): ModelNode {
  const { frozenPaths: _old, ...rest } = node;
  return paths.length === 0 ? rest : { ...rest, frozenPaths: [...paths] };
}
