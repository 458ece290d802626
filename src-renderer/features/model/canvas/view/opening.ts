import { tick } from 'svelte';
import { setCollapsed } from '../../../../../src-shared/document/geometry/group-edits.ts';
import { enterBlock, leaveBlock } from '../../commands/block-commands.ts';
import type { Stores } from '../../../../state/stores.ts';
import type { CanvasNode } from '../../nodes/canvas-nodes.ts';
import type { CanvasView } from './canvas-view.svelte.ts';
import type { GraphSync } from './graph-sync.svelte.ts';

/** Into what a card holds and out again, by double click and by keys. */
export class Opening {
  readonly #stores: Pick<Stores, 'model' | 'editor'>;
  readonly #graph: GraphSync;
  readonly #view: CanvasView;

  constructor({ model, editor }: Pick<Stores, 'model' | 'editor'>, graph: GraphSync, view: CanvasView) {
    this.#stores = { model, editor };
    this.#graph = graph;
    this.#view = view;
  }

  /** A double click opens a card that holds others, and asks for a layer where no card is. */
  readonly byDoubleClick = (event: MouseEvent): void => {
    const target = event.target as Element;
    const card = this.#cardIn(target.closest('.svelte-flow__node'));
    if (card !== undefined && target.closest('button') === null) this.#open(card);
    if (!target.classList.contains('svelte-flow__pane')) return;
    const at = { x: event.clientX, y: event.clientY };
    this.#stores.editor.insert = { query: '', at, place: this.#view.placeAt(at), from: null };
  };

  /** Enter on a chosen card opens it: a Block, a folded group, a note to write. */
  readonly byEnter = (event: KeyboardEvent): void => {
    const element = event.target as Element;
    if (event.key !== 'Enter' || !element.classList.contains('svelte-flow__node')) return;
    const card = this.#cardIn(element);
    if (card?.selected !== true) return;
    const { editor } = this.#stores;
    if (card.type === 'note') {
      editor.writing = card.id;
      event.preventDefault();
    } else if (editor.selectedNodes.length === 1 || (card.type === 'layer' && card.data.groupSize > 0)) {
      if (!this.#open(card)) return;
      event.preventDefault();
      void tick().then(() => this.#view.focusCard());
    }
  };

  /** Escape on a card clears the selection, then leaves the block. Without this, the canvas would select the card. */
  readonly leaveByEscape = (event: KeyboardEvent): void => {
    const onCard = (event.target as Element).matches('.svelte-flow__node, .svelte-flow__edge');
    if (event.key !== 'Escape' || !onCard) return;
    event.stopPropagation();
    event.preventDefault();
    const { model, editor } = this.#stores;
    if (!editor.nothingSelected) editor.select([]);
    else if (model.openBlock !== null) leaveBlock(this.#stores);
  };

  #cardIn(element: Element | null): CanvasNode | undefined {
    const id = element?.getAttribute('data-id');
    return this.#graph.nodes.find((node) => node.id === id);
  }

  /** Opens a Block or unfolds a group. @returns False where the card is neither. */
  #open(card: CanvasNode): boolean {
    if (card.type !== 'layer') return false;
    const { model } = this.#stores;
    if (card.data.groupSize > 0) model.perform(setCollapsed(model.document, card.id, false));
    else if (card.data.isBlock) enterBlock(this.#stores, card.id);
    else return false;
    return true;
  }
}
