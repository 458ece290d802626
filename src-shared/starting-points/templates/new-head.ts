import type { ModelAnalysis, NodeAnalysis } from '../../compiler/graph/compiled.ts';
import { CARD, namesOf, remove, setFrozen, setInferenceMode, setParameter } from '../../document/edits/edits.ts';
import type { CreateId } from '../../document/edits/edits.ts';
import { GAP_RIGHT } from '../../document/geometry/axis.ts';
import { flowDirection } from '../../document/geometry/flow-direction.ts';
import type { FlowDirection } from '../../document/geometry/flow-direction.ts';
import { applyChange } from '../../document/history/operations.ts';
import type { Change, Operation } from '../../document/history/operations.ts';
import { withAncestors } from '../../document/schema/ancestors.ts';
import { INPUT, isInput, isOutput } from '../../document/schema/ends.ts';
import type { ModelDocument, ModelEdge, ModelNode } from '../../document/schema/model-document.ts';
import { uniqueName } from '../../document/schema/names.ts';
import { ownerOf, sharingNodes, withOwnersValues } from '../../document/schema/shared-layers.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { dependsOnMode } from '../../layers/catalog/node-facts.ts';
import { outputPerClass } from '../fit.ts';
import type { Fit } from '../fit.ts';
import { TemplateBuilder } from './template.ts';
import type { SketchLayer } from '../sketch.ts';

/** The part of a model that gets a new head: a layer and all layers that it depends on. */
export interface Base {
  /** The layer before the new head. */
  readonly end: ModelNode;
  readonly kept: ReadonlySet<string>;
  /** The kept layers with weights. */
  readonly frozen: ReadonlySet<string>;
  /** Of `end`, with batch axis; null if it is not known. */
  readonly outputShape: NodeAnalysis['outputShape'];
}

/** @param analyzed Of the document. @returns Null if no layer of the part has weights. */
export function baseUpTo(document: ModelDocument, end: ModelNode, analyzed: ModelAnalysis['nodes']): Base | null {
  const { nodes } = document;
  const kept = new Set(withAncestors(document, [end.id]));
  const hasWeights = (node: ModelNode): boolean => (analyzed.get(ownerOf(nodes, node).id)?.parameters ?? 0) > 0;
  const frozen = new Set(nodes.filter((node) => kept.has(node.id) && hasWeights(node)).map(({ id }) => id));
  return frozen.size === 0 ? null : { end, kept, frozen, outputShape: analyzed.get(end.id)?.outputShape ?? null };
}

/** Why a layer of the model cannot get a new head, and what to do; null if it can. */
export function headRefusal(document: ModelDocument, end: ModelNode, analyzed: ModelAnalysis['nodes']): string | null {
  if (isInput(end)) return `'${end.name}' is an Input. Select a layer after it, up to which the model is kept.`;
  if (isOutput(end)) return `'${end.name}' is an Output. Select a layer before it, up to which the model is kept.`;
  const base = baseUpTo(document, end, analyzed);
  if (base === null) return `No layer up to '${end.name}' has weights to keep. Select a later layer.`;
  const sources = new Set(document.edges.map(({ source }) => source));
  const lost = document.nodes.filter((node) => isInput(node) && sources.has(node.id) && !base.kept.has(node.id));
  if (lost.length > 0) {
    const names = lost.map(({ name }) => `'${name}'`).join(', ');
    return `'${end.name}' does not depend on ${names}. Select a layer that depends on all Inputs.`;
  }
  return base.outputShape === null ? `The output shape of '${end.name}' is not known. Solve its problems first.` : null;
}

/**
 * Removes all layers that the end of the base does not depend on, freezes the base, which then computes in inference mode,
 * and adds a head for the targets. The model keeps its named weights.
 */
export function withNewHead(document: ModelDocument, base: Base, fit: Fit, createId: CreateId): Change {
  const operations: Operation[] = [];
  let next = document;
  const perform = (change: Pick<Change, 'operations'> | null): void => {
    if (change === null) return;
    operations.push(...change.operations);
    next = applyChange(next, { label: '', operations: change.operations });
  };
  const removed = document.nodes.filter(({ id }) => !base.kept.has(id)).map(({ id }) => id);
  perform(remove(document, removed));
  perform(setFrozen(next, [...base.frozen], true));
  perform(setInferenceMode(next, dependingOnMode(next), true));
  const lastStep = returnsAllSteps(next, base.end);
  if (lastStep) perform(setParameter(next, [base.end.id], 'returnSequences', false));
  const { nodes, edges } = headOf(document, base, fit, lastStep ? 2 : (base.outputShape?.length ?? null), createId);
  const [nodeCount, edgeCount] = [next.nodes.length, next.edges.length];
  perform({
    operations: [
      ...nodes.map((node, i): Operation => ({ kind: 'insertNode', index: nodeCount + i, node })),
      ...edges.map((edge, i): Operation => ({ kind: 'insertEdge', index: edgeCount + i, edge })),
    ],
  });
  return { label: `New head on '${base.end.name}'`, operations };
}

/** Ids of the layers that compute differently in training and in prediction. */
function dependingOnMode(document: ModelDocument): string[] {
  const { nodes } = document;
  return nodes
    .filter((node) => dependsOnMode(document, withOwnersValues(node, ownerOf(nodes, node))))
    .map(({ id }) => id);
}

/** Whether the layer returns all steps and can return only the last one: no other call shares its parameters. */
function returnsAllSteps({ nodes }: ModelDocument, { id }: ModelNode): boolean {
  const node = nodes.find((each) => each.id === id)!;
  const isRecurrent = layerCatalog.get(node.kind)?.family === 'recurrent';
  return isRecurrent && node.params['returnSequences'] === true && sharingNodes(nodes, node).length === 1;
}

/** @param rank Of the values that the head receives, with batch axis; null if it is not known. */
function headOf(
  document: ModelDocument,
  { end }: Base,
  fit: Fit,
  rank: number | null,
  createId: CreateId,
): { nodes: ModelNode[]; edges: ModelEdge[] } {
  const sketch = new TemplateBuilder(fit, outputPerClass);
  // The first layer of the sketch is the end of the base.
  let from = sketch.add(INPUT);
  if (rank !== null && rank > 2) {
    // Average over the pixels of an image or the steps of a sequence.
    const pooling = `GlobalAveragePooling${rank - 2}D`;
    const isKnown = layerCatalog.has(pooling);
    from = sketch.add(isKnown ? pooling : 'Flatten', {}, [from], isKnown ? 'new_pooling' : 'new_flatten');
  }
  sketch.endForAll([from]);
  const [, ...layers] = sketch.layers;
  const positions = positionsAfter(end, layers, flowDirection(document));
  // A head with the name of a removed layer would get that layer's weights. Outputs have no weights.
  const names = namesOf({ ...document, nodes: document.nodes.filter((node) => !isOutput(node)) });
  const nodes = layers.map(({ kind, params, name = isOutput({ kind }) ? 'output' : 'new_head' }, i): ModelNode => {
    const free = uniqueName(name, names);
    names.add(free);
    return { id: createId(), kind, name: free, params: { ...params }, position: positions[i]!, frozen: false };
  });
  const ids = [end.id, ...nodes.map(({ id }) => id)];
  const edges = layers.flatMap((layer, i) =>
    layer.from.map((source): ModelEdge => ({ id: createId(), source: ids[source]!, target: nodes[i]!.id })),
  );
  return { nodes, edges };
}

/** Positions in rows, or columns, after a node. @param layers Without the node, which is layer 0 to them. */
function positionsAfter({ position }: ModelNode, layers: readonly SketchLayer[], direction: FlowDirection) {
  const along = { right: CARD.width + GAP_RIGHT, down: CARD.height + CARD.gapY }[direction];
  const across = { right: CARD.height + CARD.gapY, down: CARD.width + CARD.gapX }[direction];
  const ranks = [0];
  const taken = new Map<number, number>();
  return layers.map(({ from }): ModelNode['position'] => {
    const rank = Math.max(...from.map((source) => ranks[source]!)) + 1;
    ranks.push(rank);
    const index = taken.get(rank) ?? 0;
    taken.set(rank, index + 1);
    const [forward, aside] = [rank * along, index * across];
    return direction === 'right'
      ? { x: position.x + forward, y: position.y + aside }
      : { x: position.x + aside, y: position.y + forward };
  });
}
