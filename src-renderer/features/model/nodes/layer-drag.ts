import { isEnd } from '../../../../src-shared/document/schema/ends.ts';

/** Dragging layers from the palette onto the canvas. */

export const LAYER_MIME = 'application/x-lamina-layer';

/** Beside it where what is dragged goes between two cards; a drag's data can be read only once it is dropped. */
const BETWEEN_MIME = 'application/x-lamina-between';

/** Begins the drag of a layer's kind, or of a block's as `blockKind` writes it. */
export function startLayerDrag(event: DragEvent, kind: string): void {
  if (event.dataTransfer === null) return;
  event.dataTransfer.setData(LAYER_MIME, kind);
  if (!isEnd({ kind })) event.dataTransfer.setData(BETWEEN_MIME, kind);
  event.dataTransfer.effectAllowed = 'copy';
}

/** True where what is dragged would go into a connection that it is dropped on. */
export function goesBetween(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes(BETWEEN_MIME) === true;
}

/** The kind of layer that is dropped; null where it is something else. */
export function draggedKind(event: DragEvent): string | null {
  const kind = event.dataTransfer?.getData(LAYER_MIME) ?? '';
  return kind === '' ? null : kind;
}

/** The edge at a point of the window, under cards too. */
export function edgeAt(x: number, y: number): string | null {
  for (const element of document.elementsFromPoint(x, y)) {
    const edge = element.closest<SVGElement>('.svelte-flow__edge');
    if (edge !== null) return edge.dataset['id'] ?? null;
  }
  return null;
}

let highlighted: Element | null = null;

/** Marks the edge that a drop would go into. */
export function highlightEdge(edgeId: string | null): void {
  const edge = edgeId === null ? null : document.querySelector(`.svelte-flow__edge[data-id="${CSS.escape(edgeId)}"]`);
  if (edge === highlighted) return;
  highlighted?.classList.remove('target-of-drop');
  edge?.classList.add('target-of-drop');
  highlighted = edge;
}
