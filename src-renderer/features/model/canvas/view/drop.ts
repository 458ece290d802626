import type { Stores } from '../../../../state/stores.ts';
import { dropBlock } from '../../nodes/add-block.ts';
import { dropLayer } from '../../nodes/add-layer.ts';
import { draggedKind, edgeAt, goesBetween, highlightEdge, LAYER_MIME } from '../../nodes/layer-drag.ts';
import type { CanvasView } from './canvas-view.svelte.ts';

/** Takes layers and blocks of the palette; these may go into a connection. */
export function dragOver(event: DragEvent): void {
  if (event.dataTransfer === null || !event.dataTransfer.types.includes(LAYER_MIME)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = 'copy';
  highlightEdge(goesBetween(event) ? edgeAt(event.clientX, event.clientY) : null);
}

export function drop(event: DragEvent, { model, editor }: Pick<Stores, 'model' | 'editor'>, view: CanvasView): void {
  highlightEdge(null);
  const kind = draggedKind(event);
  if (kind === null) return;
  event.preventDefault();
  const position = view.placeAt({ x: event.clientX, y: event.clientY });
  const edge = edgeAt(event.clientX, event.clientY);
  const added = dropBlock(model.document, kind, position, edge) ?? dropLayer(model.document, kind, position, edge);
  model.perform(added.change);
  editor.select([added.nodeId]);
}
