import { tick } from 'svelte';
import type { CanvasActions } from '../../../../state/editor-store.svelte.ts';
import type { Stores } from '../../../../state/stores.ts';
import { requestMenu } from '../menu/request-menu.ts';
import type { CanvasView } from './canvas-view.svelte.ts';
import type { GraphSync } from './graph-sync.svelte.ts';

/** The canvas as commands and panels use it. */
export function canvasActions(
  stores: Pick<Stores, 'model' | 'editor'>,
  graph: GraphSync,
  view: CanvasView,
): CanvasActions {
  const { editor } = stores;

  async function reveal(nodeId: string, focus: boolean): Promise<void> {
    await tick();
    const card = graph.cardOf(nodeId);
    if (card !== undefined) await view.reveal(card);
    await tick();
    if (focus) view.focusCard();
  }

  async function centreOn(nodeId: string): Promise<void> {
    await tick();
    const card = graph.cardOf(nodeId);
    if (card !== undefined) await view.centreOn(card);
  }

  return {
    fit: () => view.fit(),
    zoom: (direction) => view.zoom(direction),
    reveal: (nodeId, focus = false) => void reveal(nodeId, focus),
    centreOn: (nodeId) => void centreOn(nodeId),
    centre: () => view.centre,
    view: () => view.visible,
    focus: () => view.focusCard(),
    placeAt: (at) => view.placeAt(at),
    insert: (query) => {
      const box = view.element.getBoundingClientRect();
      const at = { x: box.left + box.width / 2 - 150, y: box.top + 64 };
      const [edge, ...more] = editor.selectedNodes.length > 0 ? [] : editor.selectedEdges;
      const into = edge === undefined || more.length > 0 ? {} : { edge };
      editor.insert = { query, at, place: null, from: null, ...into };
    },
    openMenu: () => {
      const { activeElement } = document;
      const focused = activeElement?.closest('.svelte-flow__node, .svelte-flow__edge') ?? null;
      const selected = '.svelte-flow__node.selected, .svelte-flow__edge.selected';
      const shown = focused ?? view.element.querySelector(selected) ?? view.element;
      const { left, top, width, height } = shown.getBoundingClientRect();
      editor.menu = requestMenu(stores, shown, { x: left + width / 2, y: top + height / 2 });
    },
  };
}
