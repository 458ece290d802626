import { isEnd } from '../../document/schema/ends.ts';
import type { ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { READABLE_LAYERS } from '../layout/wrap.ts';
import { flowOrder, isConnected, lengthOf, stretchesBetween, type FlowOrder, type Stretch } from './flow-order.ts';
import { nameStretches, type NamedStretch } from './name-stretches.ts';
import { repeatedStretches } from './repeated-stretches.ts';

/** Number of layers of the smallest group. */
const LEAST = 3;

export interface ProposedGroup {
  readonly name: string;
  /** In topological order. */
  readonly nodeIds: readonly string[];
}

/**
 * Groups of a long model, to be folded: layers with a common beginning of their names, repeated sequences of kinds, and
 * the layers between these. Empty for a small model. The layers of a group are connected, and no path leaves a group
 * and returns to it. Inputs and outputs are in no group.
 */
export function proposeGroups(document: Pick<ModelDocument, 'nodes' | 'edges'>): ProposedGroup[] {
  const order = document.nodes.filter(isLayer).length <= READABLE_LAYERS ? null : flowOrder(document);
  if (order === null) return [];
  const limits = { least: LEAST, largest: READABLE_LAYERS };
  const fits = (part: Stretch) => lengthOf(part) >= LEAST && isConnected(order, part);
  const named = nameStretches(order, stretchesBetween(order, [], isLayer), limits).filter(fits);
  const repeated = stretchesBetween(order, named, isLayer)
    .flatMap((part) => repeatedStretches(order, part, limits))
    .filter(fits)
    .map((part, index) => ({ ...part, name: `block ${index + 1}` }));
  const parts = [...named, ...repeated].toSorted((a, b) => a.start - b.start);
  const names = new Set<string>();
  return [...parts, ...remainder(order, parts).filter(fits)]
    .toSorted((a, b) => a.start - b.start)
    .map(({ start, end, name }) => {
      let free = name;
      for (let number = 2; names.has(free); number++) free = `${name} (${number})`;
      names.add(free);
      return { name: free, nodeIds: order.nodes.slice(start, end).map(({ id }) => id) };
    });
}

const isLayer = (node: ModelNode) => !isEnd(node);

/** The layers before the first part, between parts, and after the last one up to the layers that a new head replaces. */
function remainder(order: FlowOrder, parts: readonly NamedStretch[]): NamedStretch[] {
  const [first, last] = [parts[0], parts.at(-1)];
  if (first === undefined || last === undefined) return [];
  return stretchesBetween(order, parts, isLayer)
    .map(({ start, end }): NamedStretch => {
      if (start < first.start) return { start, end, name: 'stem' };
      if (start < last.end) return { start, end, name: order.nodes[start]!.name };
      const replaced = order.nodes.findIndex((node, at) => at >= start && isReplaced(node));
      return { start, end: replaced === -1 ? end : Math.min(end, replaced), name: 'head' };
    })
    .filter((part) => lengthOf(part) <= READABLE_LAYERS);
}

/** Layers that compute outputs from features; a new head replaces them. */
function isReplaced({ kind }: ModelNode): boolean {
  const family = layerCatalog.get(kind)?.family;
  return family === 'pooling' || family === 'core';
}
