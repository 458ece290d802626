import type { EditorStore } from '../../../../state/editor-store.svelte.ts';
import type { FlowEdge } from '../../nodes/flow-edges.ts';
import { inTurn } from '../../nodes/in-turn.ts';
import type { GraphSync } from './graph-sync.svelte.ts';

/** So many connections come in at once: small graphs are whole at the first. */
const FIRST_EDGES = 150;
const EDGES_A_TURN = 40;
/** A view that has kept its place for so long has come to rest. */
const REST_MS = 150;

/**
 * How much of the graph is drawn: less from far away, and while the view of a large one moves. Then
 * the silhouette draws all connections; else they come in turn, and it stays until all are there.
 */
export class Detail {
  /** The view of a large graph pans or zooms. */
  moving = $state(false);
  #zooming = $state(false);
  #drawnEdges = $state(FIRST_EDGES);
  readonly #editor: EditorStore;
  readonly #graph: GraphSync;
  readonly #shownEdges = $derived.by(() => {
    const { edges } = this.#graph;
    return this.#drawnEdges >= edges.length ? edges : edges.slice(0, this.#drawnEdges);
  });
  #zoom = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  /** To be called while a component begins. */
  constructor(editor: EditorStore, graph: GraphSync) {
    this.#editor = editor;
    this.#graph = graph;
    $effect(() => {
      const { length } = graph.edges;
      if (editor.distance === 'farther' || (this.#zooming && length > FIRST_EDGES)) this.#drawnEdges = 0;
      else if (this.#drawnEdges < length) return inTurn(() => (this.#drawnEdges += EDGES_A_TURN));
    });
  }

  get shownEdges(): FlowEdge[] {
    return this.#shownEdges;
  }

  /** What the canvas makes of its edges is kept where it has all of them. */
  set shownEdges(next: FlowEdge[]) {
    if (next.length === this.#graph.edges.length) this.#graph.edges = next;
  }

  /** Every connection is a separate element. */
  get isWhole(): boolean {
    return this.#shownEdges === this.#graph.edges && !this.moving;
  }

  /** The view has moved. */
  follow(zoom: number): void {
    this.#zooming ||= this.#zoom !== 0 && zoom !== this.#zoom;
    this.moving = this.#graph.edges.length > FIRST_EDGES;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => (this.#zooming = this.moving = false), REST_MS);
    this.#zoom = zoom;
    this.#editor.distance = zoom < 0.28 ? 'farther' : zoom < 0.55 ? 'far' : 'near';
  }
}
