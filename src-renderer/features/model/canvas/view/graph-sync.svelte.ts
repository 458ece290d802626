import { untrack } from 'svelte';
import { moveByHand } from '../../../../../src-shared/document/edits/edits.ts';
import type { Studio } from '../../../../state/studio.svelte.ts';
import { openValues } from '../../nodes/block-values.ts';
import { canvasGraph, chosenIn, membersChosen, placesOf, type CanvasNode } from '../../nodes/canvas-nodes.ts';
import type { FlowEdge, Routing } from '../../nodes/flow-edges.ts';

type Stores = Pick<Studio, 'model' | 'analysis' | 'editor' | 'running'>;

/** Nodes and edges of the canvas, kept to the document; places and selection go back from the canvas. */
export class GraphSync {
  nodes: CanvasNode[] = $state.raw([]);
  edges: FlowEdge[] = $state.raw([]);
  #routing: Routing | null = null;
  readonly #stores: Stores;

  /** To be called while a component begins: the two are kept alike as long as that lives. */
  constructor(stores: Stores) {
    this.#stores = stores;
    $effect.pre(() => this.#fromDocument());
    $effect(() => void stores.running.follow());
    $effect(() => this.#toDocument());
  }

  /** Document, analysis and selection → canvas. */
  #fromDocument(): void {
    const { model, analysis, editor } = this.#stores;
    const { document } = model;
    const chosen = chosenIn(editor);
    const values = openValues(model.whole, model.trail);
    const context = { nodeOf: this.#nodeLookup(), valueOf: values, trains: this.#trainsLookup() };
    const problems = analysis.problemsByNode;
    untrack(() => {
      const before = { nodes: this.nodes, edges: this.edges, routing: this.#routing };
      const { nodes, edges, routing } = canvasGraph(document, context, problems, chosen, before);
      this.nodes = nodes;
      this.edges = edges;
      this.#routing = routing;
    });
  }

  /** Analysis of the graph on the canvas, read now so that a new one draws the cards anew. */
  #nodeLookup() {
    const { analysis } = this.#stores;
    void analysis.current;
    return (nodeId: string) => analysis.nodeOf(nodeId);
  }

  /** What the run in progress changes, read now so that another run draws the cards anew. */
  #trainsLookup() {
    const { running } = this.#stores;
    return running.document === null ? () => false : (nodeId: string) => running.trains(nodeId);
  }

  /** Canvas → document, where cards moved without a drag: by arrow keys. */
  #toDocument(): void {
    const { nodes } = this;
    if (nodes.some((node) => node.dragging === true)) return;
    const { model } = this.#stores;
    untrack(() => model.perform(moveByHand(model.document, placesOf(nodes, model.document), 'nudge')));
  }

  /** Canvas → selection. */
  choose(cards: readonly CanvasNode[], edges: readonly FlowEdge[]): void {
    const { model, editor } = this.#stores;
    const { nodes, notes } = membersChosen(cards, model.document, chosenIn(editor).nodes);
    editor.select(
      nodes,
      edges.map((edge) => edge.id),
      notes,
    );
  }

  /** The card of a layer: that of its group where it is folded away. */
  cardOf(nodeId: string): CanvasNode | undefined {
    const group = this.#stores.model.document.nodes.find(({ id }) => id === nodeId)?.group;
    return this.nodes.find(({ id }) => id === nodeId) ?? this.nodes.find(({ id }) => id === group);
  }
}
