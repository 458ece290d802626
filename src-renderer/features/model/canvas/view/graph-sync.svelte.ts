import { untrack } from 'svelte';
import { moveByHand } from '../../../../../src-shared/document/edits/edits.ts';
import type { CardBadge } from '../../../../slots/feature.ts';
import type { Stores } from '../../../../state/stores.ts';
import { openValues } from '../../nodes/block-values.ts';
import { canvasGraph, chosenIn, membersChosen, placesOf, type CanvasNode } from '../../nodes/canvas-nodes.ts';
import { badgeLookup } from '../../nodes/flow-nodes.ts';
import type { FlowEdge, Routing } from '../../nodes/flow-edges.ts';

type Shown = Pick<Stores, 'model' | 'analysis' | 'editor'>;

/** Nodes and edges of the canvas, kept to the document; places and selection go back from the canvas. */
export class GraphSync {
  nodes: CanvasNode[] = $state.raw([]);
  edges: FlowEdge[] = $state.raw([]);
  #routing: Routing | null = null;
  readonly #stores: Shown;
  readonly #badges: readonly CardBadge[];

  /** To be called while a component begins: the two are kept alike as long as that lives. */
  constructor(stores: Shown, badges: readonly CardBadge[]) {
    this.#stores = stores;
    this.#badges = badges;
    $effect.pre(() => this.#fromDocument());
    $effect(() => this.#toDocument());
  }

  /** Document, analysis and selection → canvas. */
  #fromDocument(): void {
    const { model, analysis, editor } = this.#stores;
    const { document } = model;
    const chosen = chosenIn(editor);
    const values = openValues(model.whole, model.trail);
    const context = { nodeOf: this.#nodeLookup(), valueOf: values, badgesOf: badgeLookup(document, this.#badges) };
    const problems = analysis.problemsByNode;
    untrack(() => {
      const before = { nodes: this.nodes, edges: this.edges, routing: this.#routing };
      const { nodes, edges, routing } = canvasGraph(document, context, problems, chosen, before);
      this.nodes = nodes;
      this.edges = edges;
      this.#routing = routing;
    });
  }

  /** Analysis of the graph on the canvas, read here so that the cards are drawn again when it changes. */
  #nodeLookup() {
    const { analysis } = this.#stores;
    void analysis.current;
    return (nodeId: string) => analysis.nodeOf(nodeId);
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
