import { BLOCK } from './blocks.ts';
import { isEnd } from './ends.ts';
import type { ModelDocument, ModelNode } from './model-document.ts';

/**
 * Shared layers. A node with `weightsOf` is a further call of another node of its graph, the owner:
 * it uses the owner's weights, parameters and freezing, and has its own name, mode, connections and position.
 * A Block node repeats the `block` of its owner.
 */

/** Whether any layers of the model or its blocks share weights. */
export function sharesWeights({ nodes, blocks }: Pick<ModelDocument, 'nodes' | 'blocks'>): boolean {
  return [nodes, ...blocks.map((block) => block.nodes)].some((graph) =>
    graph.some(({ weightsOf }) => weightsOf !== undefined),
  );
}

/**
 * Finds the owner of each node: the node itself, or the one at the end of its `weightsOf`.
 * Undefined if that does not exist or leads in a circle.
 */
export function ownerLookup(nodes: readonly ModelNode[]): (node: ModelNode) => ModelNode | undefined {
  if (!nodes.some(({ weightsOf }) => weightsOf !== undefined)) return (node) => node;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return (node) => {
    const passed = new Set<ModelNode>();
    let at: ModelNode | undefined = node;
    while (at?.weightsOf !== undefined) {
      if (passed.has(at)) return undefined;
      passed.add(at);
      at = byId.get(at.weightsOf);
    }
    return at;
  };
}

/** Gives the owner of each node; the node itself if it has no valid owner. */
export function ownersIn(nodes: readonly ModelNode[]): (node: ModelNode) => ModelNode {
  const find = ownerLookup(nodes);
  return (node) => {
    const owner = find(node);
    return owner === undefined || sharingFault(node, owner) !== null ? node : owner;
  };
}

/** The owner of one node; the node itself if it has no valid owner. */
export function ownerOf(nodes: readonly ModelNode[], node: ModelNode): ModelNode {
  return node.weightsOf === undefined ? node : ownersIn(nodes)(node);
}

/** All nodes that share weights with this one, itself included; the owner first. */
export function sharingNodes(nodes: readonly ModelNode[], node: ModelNode): [owner: ModelNode, ...ModelNode[]] {
  const owner = ownerOf(nodes, node);
  return [owner, ...sharersOf(nodes, owner)];
}

/** The nodes that use the weights of this one. */
export function sharersOf(nodes: readonly ModelNode[], owner: ModelNode): ModelNode[] {
  const find = ownersIn(nodes);
  return nodes.filter((node) => node !== owner && find(node) === owner);
}

/** What was expected, if a node cannot use the weights of another; null if it can. */
export function sharingFault(node: ModelNode, owner: ModelNode): string | null {
  if (isEnd(node)) return 'a layer that can be shared';
  if (node.kind !== owner.kind) return `a ${owner.kind}, as '${owner.name}' is`;
  if (node.kind === BLOCK && node.params['block'] !== owner.params['block']) return `the block of '${owner.name}'`;
  return null;
}

/** The node with the parameters and freezing of its owner. */
export function withOwnersValues(node: ModelNode, owner: ModelNode): ModelNode {
  if (node === owner) return node;
  const { frozenPaths: _own, ...rest } = node;
  const { params, frozen, frozenPaths } = owner;
  return { ...rest, params, frozen, ...(frozenPaths === undefined ? {} : { frozenPaths }) };
}

/** The node as a further call of another. */
export function usingWeightsOf(node: ModelNode, ownerId: string): ModelNode {
  const { frozenPaths: _own, ...rest } = node;
  const params = node.kind === BLOCK ? { block: node.params['block']! } : {};
  return { ...rest, params, frozen: false, weightsOf: ownerId };
}

/** The node with its own weights, and the values of its owner. */
export function withOwnWeights(node: ModelNode, owner: ModelNode): ModelNode {
  const { weightsOf: _shared, ...rest } = node === owner ? node : withOwnersValues(node, owner);
  return rest;
}

/**
 * If an owner is removed, the first node that used its weights becomes the owner. It gets the owner's
 * name, because runs find weights by name.
 * @param gone Ids of the removed nodes.
 * @returns The nodes that change.
 */
export function handedOver(nodes: readonly ModelNode[], gone: ReadonlySet<string>): ModelNode[] {
  const find = ownersIn(nodes);
  const newOwners = new Map<ModelNode, string>();
  return nodes.flatMap((node) => {
    const { weightsOf } = node;
    if (weightsOf === undefined || gone.has(node.id)) return [];
    const owner = find(node);
    // `weightsOf` is invalid: the node does not change, and its problem stays.
    if (owner === node || !(gone.has(weightsOf) || gone.has(owner.id))) return [];
    const next = gone.has(owner.id) ? newOwners.get(owner) : owner.id;
    if (next !== undefined) return [{ ...node, weightsOf: next }];
    newOwners.set(owner, node.id);
    return [{ ...withOwnWeights(node, owner), name: owner.name }];
  });
}
