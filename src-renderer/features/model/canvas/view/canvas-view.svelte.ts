import type { useSvelteFlow } from '@xyflow/svelte';
import { tick, untrack } from 'svelte';
import { CARD, type Position } from '../../../../../src-shared/document/edits/edits.ts';
import type { Box } from '../../../../../src-shared/document/geometry/groups.ts';
import type { ModelStore } from '../../../../state/model-store.svelte.ts';
import type { CanvasNode } from '../../nodes/canvas-nodes.ts';
import type { FlowEdge } from '../../nodes/flow-edges.ts';
import { FittedView } from './fitted-view.ts';

const ZOOM_STEP = 1.2;
/** What of the window's pixels at the rim is not counted as view, and what the toolbar takes. */
const MARGIN = 16;
const TOOLBAR = 56;
const motion = matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 140;

/** Which part of the graph is in view, and where its places lie in the window. */
export class CanvasView {
  /** Container of the canvas; set once it is on screen. */
  element: HTMLElement = $state.raw()!;
  readonly #flow: ReturnType<typeof useSvelteFlow<CanvasNode, FlowEdge>>;
  readonly #model: ModelStore;
  readonly #fitted: FittedView;
  /** Settled once the graph that came on the canvas last is fitted into the view. */
  #shown: Promise<unknown> = Promise.resolve();

  /** To be called while a component begins: the view follows the canvas as long as that lives. */
  constructor(flow: ReturnType<typeof useSvelteFlow<CanvasNode, FlowEdge>>, model: ModelStore) {
    this.#flow = flow;
    this.#model = model;
    this.#fitted = new FittedView(() => void flow.fitView(this.fitOptions));
    $effect(() => this.#fitted.watch(this.element));
    let shown: string | null = null;
    $effect(() => {
      const open = model.openBlock;
      untrack(() => {
        if (open === shown) return;
        shown = open;
        this.#showOther();
      });
    });
  }

  /** Room at the top for the toolbar, and the way into an open block. */
  get fitOptions() {
    const top = this.#model.openBlock === null ? ('60px' as const) : ('100px' as const);
    return { padding: { top, bottom: '24px', x: '32px' } as const, maxZoom: 1, minZoom: 0.02, duration: 0 };
  }

  /** Another graph is opened: fits all of it into the view. */
  #showOther(): void {
    this.#fitted.enter();
    this.#shown = tick().then(() => this.#flow.fitView(this.fitOptions));
  }

  fit(): void {
    this.#fitted.enter();
    void this.#flow.fitView({ ...this.fitOptions, duration: motion });
  }

  /** Not by zoomIn and zoomOut, which keep to the store that is there before the canvas makes its own. */
  zoom(direction: 1 | -1): void {
    this.#fitted.leave();
    void this.#flow.setZoom(this.#flow.getZoom() * ZOOM_STEP ** direction, { duration: motion });
  }

  /** The person looks at something else. */
  leave(): void {
    this.#fitted.leave();
  }

  /** Brings a card into view without a jump where it is in view already. */
  async reveal(card: CanvasNode): Promise<void> {
    await this.#shown;
    const { x, y } = this.#flow.flowToScreenPosition(card.position);
    const box = this.element.getBoundingClientRect();
    const zoom = this.#flow.getZoom();
    const [right, bottom] = [x + CARD.width * zoom, y + CARD.height * zoom];
    const inside = x > box.left && y > box.top + 40 && right < box.right && bottom < box.bottom;
    if (!inside || zoom < 0.35) await this.centreOn(card);
  }

  /** Puts a card in the middle, near enough to be read. */
  async centreOn({ position }: CanvasNode): Promise<void> {
    await this.#shown;
    this.#fitted.leave();
    const { x, y } = middleOf(position);
    await this.#flow.setCenter(x, y, { zoom: Math.max(this.#flow.getZoom(), 0.7), duration: motion });
  }

  /** Brings the keys to the selected card, else to the first. */
  focusCard(): void {
    const find = (cards: string) => this.element.querySelector<HTMLElement>(cards);
    // In a narrow window the canvas itself scrolls with the page.
    this.element.scrollIntoView({ block: 'nearest' });
    (find('.svelte-flow__node.selected') ?? find('.svelte-flow__node[tabindex]'))?.focus({ preventScroll: true });
  }

  /** Position of a card in the middle of the visible part, in canvas pixels. */
  get centre(): Position {
    const box = this.element.getBoundingClientRect();
    const x = box.left + box.width / 2 - CARD.width / 2;
    return this.#flow.screenToFlowPosition({ x, y: box.top + box.height / 2 });
  }

  /** The part in view, the toolbar left out, in canvas pixels. */
  get visible(): Box {
    const box = this.element.getBoundingClientRect();
    const start = this.placeAt({ x: box.left + MARGIN, y: box.top + TOOLBAR });
    const end = this.placeAt({ x: box.right - MARGIN, y: box.bottom - MARGIN });
    return { ...start, width: end.x - start.x, height: end.y - start.y };
  }

  /** A place of the window in canvas pixels. */
  placeAt(at: Position): Position {
    return this.#flow.screenToFlowPosition(at, { snapToGrid: false });
  }

  /** The middle of a card in the window's pixels. */
  middleOnScreen({ position }: CanvasNode): Position {
    return this.#flow.flowToScreenPosition(middleOf(position));
  }
}

const middleOf = ({ x, y }: Position): Position => ({ x: x + CARD.width / 2, y: y + CARD.height / 2 });
