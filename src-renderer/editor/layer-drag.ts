/** Dragging layers from the palette onto the canvas. */

export const LAYER_MIME = 'application/x-lamina-layer';

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
