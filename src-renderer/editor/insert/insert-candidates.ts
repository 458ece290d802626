import { fittingLayers } from '../../../src-shared/compiler/fitting-layers.ts';
import { connect } from '../../../src-shared/document/edits.ts';
import type { ModelDocument } from '../../../src-shared/document/model-document.ts';
import { applyChange, type Change } from '../../../src-shared/document/operations.ts';
import { layers } from '../../../src-shared/layers/catalog.ts';
import type { LayerDefinition } from '../../../src-shared/layers/layer.ts';
import type { Shape } from '../../../src-shared/program/types.ts';
import { addLayer, dropLayer } from '../add-layer.ts';
import { createId } from '../ids.ts';
import type { InsertRequest } from './insert-request.ts';

/**
 * Layers to choose from.
 * @param shape Of what the new layer would read; null where it is not known, or it would read nothing.
 */
export function insertCandidates(from: InsertRequest['from'], shape: Shape | null): readonly LayerDefinition[] {
  if (from === null) return layers;
  return from.end === 'source' ? fittingLayers(shape) : layers.filter(({ kind }) => kind !== 'Output');
}

/** Those that the typed text may mean, best first: kinds that begin with it, words in kinds, then descriptions. */
export function matchingLayers(candidates: readonly LayerDefinition[], query: string): LayerDefinition[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return [...candidates];
  const scored = candidates.flatMap((layer) => {
    const kind = layer.kind.toLowerCase();
    const at = kind.indexOf(wanted);
    const initials = layer.kind.replace(/[^A-Z0-9]/g, '').toLowerCase();
    if (at === 0) return [{ layer, score: kind.length / 100 }];
    if (initials.startsWith(wanted)) return [{ layer, score: 1 + kind.length / 100 }];
    if (at > 0) return [{ layer, score: 2 + at / 100 }];
    return layer.description.toLowerCase().includes(wanted) ? [{ layer, score: 3 }] : [];
  });
  return scored.sort((a, b) => a.score - b.score).map(({ layer }) => layer);
}

/** The change that puts the layer where it was asked for, connected to the handle it was dragged from. */
export function insertLayer(
  document: ModelDocument,
  kind: string,
  { from, place }: InsertRequest,
  selected: readonly string[],
  centre: { x: number; y: number },
): { change: Change; nodeId: string } {
  if (place === null) return addLayer(document, kind, selected, centre);
  const added = dropLayer(document, kind, place, null);
  if (from === null) return added;
  const [source, target] = from.end === 'source' ? [from.nodeId, added.nodeId] : [added.nodeId, from.nodeId];
  const edge = connect(applyChange(document, added.change).document, source, target, createId);
  const operations = [...added.change.operations, ...(edge?.operations ?? [])];
  return { change: { ...added.change, operations }, nodeId: added.nodeId };
}
