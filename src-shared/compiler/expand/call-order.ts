import { BLOCK, BLOCK_INPUT, BLOCK_OUTPUT } from '../../document/schema/blocks.ts';
import { isInput, isOutput } from '../../document/schema/ends.ts';
import type { ModelDocument, ModelEdge, ModelNode } from '../../document/schema/model-document.ts';
import { ownerLookup, sharingFault, withOwnersValues, withOwnWeights } from '../../document/schema/shared-layers.ts';
import { inInputOrder } from '../../layers/catalog/connecting.ts';

/** A node of a graph as a call of a Keras layer. */
export interface CalledNode {
  readonly node: ModelNode;
  /** Id of the node whose weights it uses. */
  readonly owner: string;
  /** Length of the chain of calls that it stands for: the number of copies of a Block node, 1 for a layer. */
  readonly depth: number;
  /** Ids of the nodes that it reads, in the order of its inputs. */
  readonly sources: readonly string[];
}

/**
 * The nodes of a graph with the parameters and freezing of their owners, in the order of `callOrder`.
 * @param report Called with each node whose owner is invalid, and what was expected; it then has own weights.
 */
export function calledNodes(
  document: Pick<ModelDocument, 'blocks'>,
  nodes: readonly ModelNode[],
  incoming: ReadonlyMap<string, readonly ModelEdge[]>,
  report: (node: ModelNode, expected: string) => void,
): CalledNode[] {
  const find = ownerLookup(nodes);
  const called = nodes.map((drawn): CalledNode => {
    const owner = find(drawn);
    const fault =
      owner === undefined ? 'a layer of the same graph' : owner === drawn ? null : sharingFault(drawn, owner);
    if (fault !== null) report(drawn, fault);
    const node = fault === null ? withOwnersValues(drawn, owner!) : withOwnWeights(drawn, drawn);
    const repeat = node.kind === BLOCK ? node.params['repeat'] : 1;
    return {
      node,
      owner: fault === null ? owner!.id : drawn.id,
      depth: typeof repeat === 'number' ? repeat : 1,
      sources: inInputOrder(document, node, incoming.get(node.id) ?? []).map(({ source }) => source),
    };
  });
  return callOrder(called);
}

/**
 * The nodes of a graph in the order in which a Functional model of Keras 3 calls them: by depth, the
 * number of layers up to the outputs; nodes of one depth in the order in which the walk from the
 * outputs finds them (`map_graph` in `keras/src/ops/function.py`). It matters where layers share
 * weights: the second call of a BatchNormalization continues from the statistics of the first.
 * Inputs come first and outputs last, in the order of the graph.
 */
function callOrder<Node extends CalledNode>(nodes: readonly Node[]): Node[] {
  const depths = depthsOf(nodes);
  const isFirst = ({ node }: Node): boolean => isInput(node) || node.kind === BLOCK_INPUT;
  const isLast = ({ node }: Node): boolean => isOutput(node) || node.kind === BLOCK_OUTPUT;
  const layers = [...depths.keys()].filter((node) => !isFirst(node) && !isLast(node));
  layers.sort((a, b) => depths.get(b)! - depths.get(a)!);
  // Nodes that lead to no output come after the others.
  return [...new Set([...nodes.filter(isFirst), ...layers, ...nodes.filter(isLast), ...nodes])];
}

/** Depths of the nodes that lead to an output, in the order in which Keras finds them. */
function depthsOf<Node extends CalledNode>(nodes: readonly Node[]): Map<Node, number> {
  const byId = new Map(nodes.map((node) => [node.node.id, node]));
  const sourcesOf = ({ sources }: Node): Node[] => sources.flatMap((id) => byId.get(id) ?? []);
  const outputs = nodes.filter(({ node }) => isOutput(node) || node.kind === BLOCK_OUTPUT);
  const depths = new Map<Node, number>();
  const depthOfOwner = new Map<string, number>();
  for (const node of inputsFirst(outputs, sourcesOf).toReversed()) {
    // All calls of a layer have at least the depth of those that were found before.
    const depth = Math.max(depths.get(node) ?? 0, depthOfOwner.get(node.owner) ?? 0);
    depths.set(node, depth);
    depthOfOwner.set(node.owner, depth);
    for (const source of sourcesOf(node)) {
      depths.set(source, Math.max(depth + source.depth, depths.get(source) ?? 0));
    }
  }
  return depths;
}

/** The nodes that lead to the outputs, in depth-first order: each after its inputs. Not recursive: chains can be long. */
function inputsFirst<Node>(outputs: readonly Node[], sourcesOf: (node: Node) => Node[]): Node[] {
  const found: Node[] = [];
  const entered = new Set<Node>();
  for (const output of outputs) {
    if (entered.has(output)) continue;
    entered.add(output);
    const path = [{ node: output, pending: sourcesOf(output) }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.pending.shift();
      if (next === undefined) {
        found.push(top.node);
        path.pop();
      } else if (!entered.has(next)) {
        entered.add(next);
        path.push({ node: next, pending: sourcesOf(next) });
      }
    }
  }
  return found;
}
