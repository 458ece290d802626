import type { Aim } from '../../compiler/graph/aim.ts';
import { title } from '../../compiler/graph/graph.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';
import { headBefore } from '../../compiler/trained-head.ts';
import type { ModelNode, ModelWeights } from '../../document/schema/model-document.ts';
import { uniqueName } from '../../document/schema/names.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import type { ModelEnd } from './activation-checks.ts';

/** Classes that a message names. */
const MOST_NAMED = 6;

/**
 * Whether the layer that gives an Output was trained for the classes of the data set in another order, or for others.
 *
 * @param classes Of the weights that the model starts from.
 * @param weighted Ids of nodes with weights.
 * @returns Null if they are the same, or one of them is not known.
 */
export function classOrderProblem(
  graph: ModelGraph,
  { output }: Pick<ModelEnd, 'output'>,
  aim: Aim,
  classes: ModelWeights['classes'],
  weighted: ReadonlySet<string>,
): GraphProblem | null {
  if (aim.kind !== 'classes' || classes === undefined) return null;
  const head = headBefore(graph, output, weighted);
  const trained = classes.find(({ layer }) => layer === head?.name)?.names;
  const data = aim.target.classes;
  // Another number of classes is a problem of the number of values.
  if (head === null || trained?.length !== data.length) return null;
  const [a, b] = [trained.map(plain), data.map(plain)];
  if (a.every((name, index) => name === b[index])) return null;
  const isReordered = a.toSorted().join('\n') === b.toSorted().join('\n');
  const differing = a.flatMap((name, index) => (name === b[index] ? [] : [index]));
  const message = `${title(head)} was trained for ${isReordered ? `the classes of '${aim.target.name}' in another order` : `other classes than those of '${aim.target.name}'`}: ${evidence('file', trained, differing)}; ${evidence('data', data, differing)}. Until it is trained again, it takes one class for another. Begin it with new weights, or replace it: “New head from here” in the menu of the layer before it.`;
  return {
    code: 'target/class-order',
    severity: 'advice',
    nodeId: head.id,
    message,
    fixes: newWeights(graph, head),
  };
}

/**
 * Weights are found by the layer's name. Not for layers that do not train, whose new weights would stay random, nor
 * for those of blocks, whose names are others in the block.
 */
function newWeights(graph: ModelGraph, { id, name, kind, frozen }: ModelNode): Fix[] {
  if (frozen || kind === 'Operations' || name.includes('/')) return [];
  const names = new Set([...graph.nodes.values()].map((node) => node.name));
  const params = { nodeId: id, name: uniqueName(`${name.replace(/_\d+$/, '')}_new`, names) };
  return [{ label: `Begin '${name}' with new weights, as '${params.name}'`, action: 'rename', params }];
}

/** Files and folders write names in their own way: 'Hot_Dog' is 'hot dog'. */
const plain = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');

/** 'file: ants = 0, bees = 1'. */
function evidence(where: string, names: readonly string[], indices: readonly number[]): string {
  const shown = indices.slice(0, MOST_NAMED).map((index) => `${names[index]!} = ${index}`);
  return `${where}: ${shown.join(', ')}${indices.length > MOST_NAMED ? ', …' : ''}`;
}
