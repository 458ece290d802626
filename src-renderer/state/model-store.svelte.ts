import { setFrozenIn } from '../../src-shared/document/blocks/block-freezing.ts';
import { graphOf } from '../../src-shared/document/schema/blocks.ts';
import { changedGraphs, changeInside } from '../../src-shared/document/history/inside-block.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyChange, type Change } from '../../src-shared/document/history/operations.ts';
import { renamedInPhases } from '../../src-shared/training/commands/phase-commands.ts';
import type { DocumentsStore } from './documents-store.svelte.ts';
import { trailTo, validTrail, type TrailStep } from './block-trail.ts';

/**
 * The project's model. A block may be open on the canvas: `document` and `perform` are then about its inside,
 * `whole` and `performOnWhole` always about all. Which block is open is neither saved nor undone.
 */
export class ModelStore {
  readonly #documents: DocumentsStore;
  #trail: readonly TrailStep[] = $state.raw([]);
  readonly #openTrail = $derived.by(() => validTrail(this.whole, this.#trail));
  readonly #graph = $derived(graphOf(this.whole, this.openBlock));

  constructor(documents: DocumentsStore) {
    this.#documents = documents;
  }

  /** The graph on the canvas: the model's own, or the inside of the open block. */
  get document(): ModelDocument {
    return this.#graph;
  }

  /** The model with everything in it. */
  get whole(): ModelDocument {
    return this.#documents.current.model;
  }

  /** How the open block was reached, from the model inwards; empty: the model itself is open. */
  get trail(): readonly TrailStep[] {
    return this.#openTrail;
  }

  /** Id of the block on the canvas; null: the model itself. */
  get openBlock(): string | null {
    return this.#openTrail.at(-1)?.blockId ?? null;
  }

  /** Opens the block that a node of the graph on the canvas uses. */
  open(nodeId: string): void {
    const node = this.document.nodes.find((other) => other.id === nodeId);
    const blockId = node?.params['block'];
    if (typeof blockId === 'string') this.#trail = [...this.trail, { nodeId, blockId }];
  }

  /** Opens a block at its first use in the model; an unused block is opened without one. */
  openDefinition(blockId: string): void {
    this.#trail = trailTo(this.whole, blockId);
  }

  /** Opens a place inside: Block nodes on the way, the model's own first. */
  openPath(path: readonly string[]): void {
    this.#trail = [];
    for (const nodeId of path) this.open(nodeId);
  }

  /** Goes back to the first `depth` steps of the trail; 0: the model itself. */
  leaveTo(depth: number): void {
    this.#trail = this.trail.slice(0, depth);
  }

  /** Applies a change of the graph on the canvas. Edits return null if there is nothing to do. */
  perform(change: Change | null): void {
    if (change !== null) this.performOnWhole(changeInside(this.openBlock, change));
  }

  /** Freezes or unfreezes layers of the open graph, with what is inside them. */
  setFrozen(nodeIds: readonly string[], frozen: boolean): void {
    this.performOnWhole(setFrozenIn(this.whole, this.openBlock, nodeIds, frozen));
  }

  /** Applies a change of the whole document. Phases of the training follow a renamed layer. */
  performOnWhole(change: Change | null): void {
    if (change === null) return;
    const model = applyChange(this.whole, change);
    const { configuration } = this.#documents.current;
    const { phases = [] } = configuration;
    const renamed = renamedInPhases(phases, this.whole, model);
    const follows = renamed === phases ? {} : { configuration: { ...configuration, phases: [...renamed] } };
    this.#documents.perform({ model, ...(phases.length === 0 ? {} : follows) }, change);
  }

  /** Ends a gesture: a field lost focus, a drag ended. */
  seal(): void {
    this.#documents.seal();
  }

  /** Opens a graph that differs between two versions of the model, unless the open one does. */
  showDifference(before: ModelDocument, after: ModelDocument): void {
    const changed = changedGraphs(before, after);
    const [first] = changed;
    if (first === undefined || changed.has(this.openBlock)) return;
    if (first === null) this.leaveTo(0);
    else this.openDefinition(first);
  }
}
