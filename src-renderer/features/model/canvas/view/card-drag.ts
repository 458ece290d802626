import { moveByHand } from '../../../../../src-shared/document/edits/edits.ts';
import { isEnd } from '../../../../../src-shared/document/schema/ends.ts';
import { insertOnEdge } from '../../../../../src-shared/document/geometry/insert-edits.ts';
import type { ModelStore } from '../../../../state/model-store.svelte.ts';
import { framesFollowing, placesOf, type CanvasNode } from '../../nodes/canvas-nodes.ts';
import { createId } from '../../../../state/ids.ts';
import { edgeAt, highlightEdge } from '../../nodes/layer-drag.ts';
import type { CanvasView } from './canvas-view.svelte.ts';
import type { GraphSync } from './graph-sync.svelte.ts';

/** Cards dragged to other places; a layer that is connected to nothing can go into a connection. */
export class CardDrag {
  readonly #model: ModelStore;
  readonly #graph: GraphSync;
  readonly #view: CanvasView;

  constructor(model: ModelStore, graph: GraphSync, view: CanvasView) {
    this.#model = model;
    this.#graph = graph;
    this.#view = view;
  }

  move(target: CanvasNode | null, moved: readonly CanvasNode[]): void {
    this.#graph.nodes = framesFollowing(this.#graph.nodes, moved, this.#model.document);
    const isLayer = target?.type === 'layer' && target.data.groupSize === 0 && !isEnd(target.data);
    highlightEdge(isLayer && moved.length === 1 && !this.#isConnected(target.id) ? this.#edgeUnder(target) : null);
  }

  end(moved: readonly CanvasNode[]): void {
    highlightEdge(null);
    const model = this.#model;
    const [only] = moved;
    const positions = placesOf(moved, model.document);
    const node = model.document.nodes.find((other) => other.id === only?.id);
    const free =
      only !== undefined && moved.length === 1 && !this.#isConnected(only.id) && (node === undefined || !isEnd(node));
    const edgeId = free ? this.#edgeUnder(only) : null;
    if (edgeId !== null && only !== undefined && node !== undefined) {
      model.perform(insertOnEdge(model.document, edgeId, { ...node, position: only.position }, createId));
    } else model.perform(moveByHand(model.document, positions));
    model.seal();
  }

  #isConnected(id: string): boolean {
    return this.#model.document.edges.some((edge) => edge.source === id || edge.target === id);
  }

  /** The edge under a card's middle. */
  #edgeUnder(node: CanvasNode): string | null {
    const at = this.#view.middleOnScreen(node);
    return edgeAt(at.x, at.y);
  }
}
