import { isEnd } from '../../../../../src-shared/document/schema/ends.ts';
import { blockFits, fittingLayers } from '../../../../../src-shared/diagnostics/fitting-layers.ts';
import { CARD, connect, type Position } from '../../../../../src-shared/document/edits/edits.ts';
import type { ModelDocument } from '../../../../../src-shared/document/schema/model-document.ts';
import { applyChange, type Change } from '../../../../../src-shared/document/history/operations.ts';
import { layers } from '../../../../../src-shared/layers/catalog/catalog.ts';
import { allowedEnds } from '../../../../../src-shared/layers/catalog/connecting.ts';
import { blockEnds } from '../../../../../src-shared/layers/definition/block-ends.ts';
import type { NodeFacts } from '../../../../../src-shared/layers/catalog/node-facts.ts';
import type { Shape } from '../../../../../src-shared/program/language/types.ts';
import type { ModelStore } from '../../../../state/model-store.svelte.ts';
import { blockKind, dropBlock, offeredBlocks, useBlock } from '../../nodes/add-block.ts';
import { addLayer, dropLayer } from '../../nodes/add-layer.ts';
import { createId } from '../../../../state/ids.ts';
import type { InsertRequest } from '../../../../state/editor-store.svelte.ts';

/** A layer of the catalog, or a block. */
export interface Candidate extends Pick<NodeFacts, 'kind' | 'family' | 'description'> {
  /** A layer's kind, or a block as `blockKind` writes it. */
  readonly added: string;
}

/**
 * Layers and blocks to choose from. Inside a block its ends take the place of the model's; what is
 * connected is not an end on that side.
 * @param shape Of what the new layer would read; null where it is not known, or it would read nothing.
 * @param between True where the layer goes into a connection.
 */
export function insertCandidates(
  from: InsertRequest['from'],
  shape: Shape | null,
  { whole, openBlock }: Pick<ModelStore, 'whole' | 'openBlock'>,
  between = false,
): readonly Candidate[] {
  const inside = openBlock !== null;
  const reads = between || from?.end === 'source';
  const isRead = between || from?.end === 'target';
  const offered = reads ? fittingLayers(shape) : layers;
  const ends = inside ? blockEnds : offered.filter(isEnd);
  const inner = offered.filter((layer) => !isEnd(layer));
  // An end that is dragged seldom leads to the model's own.
  const ordered = reads || isRead ? [...inner, ...ends] : [...ends, ...inner];
  const facts = ordered.filter(({ family }) => !(reads && family === 'input') && !(isRead && family === 'output'));
  const blocks = offeredBlocks(whole);
  const all = blocks.map(({ block }) => block);
  const fitting = reads ? blocks.filter(({ block }) => blockFits(block, all, shape)) : blocks;
  return [
    ...facts.map(({ kind, family, description }) => ({ kind, family, description, added: kind })),
    ...fitting.map(({ block, facts: { kind, family, description } }) => ({
      ...{ kind, family, description },
      added: blockKind(block),
    })),
  ];
}

/**
 * Whether a candidate can read a value of this shape. What reads nothing fits everywhere.
 * @param shape Null: it is not known, or nothing is read.
 */
export function fitTest(shape: Shape | null, { whole }: Pick<ModelStore, 'whole'>): (added: string) => boolean {
  const readers = new Set(fittingLayers(shape).map(({ kind }) => kind));
  const reading = new Set(layers.flatMap(({ kind, inputs }) => (inputs.max > 0 ? kind : [])));
  const blocks = new Map(offeredBlocks(whole).map(({ block }) => [blockKind(block), block]));
  const all = [...blocks.values()];
  return (added) => {
    const block = blocks.get(added);
    return block === undefined ? readers.has(added) || !reading.has(added) : blockFits(block, all, shape);
  };
}

/** The change that puts the layer where it was asked for, connected to the handle it was dragged from. */
export function insertLayer(
  document: ModelDocument,
  kind: string,
  { from, place, edge: into }: InsertRequest,
  selected: readonly string[],
  centre: { x: number; y: number },
): { change: Change; nodeId: string } {
  if (into !== undefined) {
    const middle = place ?? middleOf(document, into) ?? centre;
    return dropBlock(document, kind, middle, into) ?? dropLayer(document, kind, middle, into);
  }
  if (place === null) return useBlock(document, kind, selected, centre) ?? addLayer(document, kind, selected, centre);
  const reader = from?.end === 'target' ? from.nodeId : undefined;
  const added = dropBlock(document, kind, place, null) ?? dropLayer(document, kind, place, null, reader);
  if (from === null) return added;
  const wanted =
    from.end === 'source'
      ? { source: from.nodeId, target: added.nodeId }
      : { source: added.nodeId, target: from.nodeId, targetPort: from.port };
  const after = applyChange(document, added.change);
  const ends = allowedEnds(after, wanted);
  const edge = ends === null ? null : connect(after, ends, createId);
  const operations = [...added.change.operations, ...(edge?.operations ?? [])];
  return { change: { ...added.change, operations }, nodeId: added.nodeId };
}

/** Halfway between the middles of the cards that a connection joins; null if there is none. */
function middleOf({ nodes, edges }: ModelDocument, edgeId: string): Position | null {
  const edge = edges.find(({ id }) => id === edgeId);
  const [source, target] = [edge?.source, edge?.target].map((end) => nodes.find(({ id }) => id === end)?.position);
  if (source === undefined || target === undefined) return null;
  return { x: (source.x + target.x + CARD.width) / 2, y: (source.y + target.y + CARD.height) / 2 };
}
