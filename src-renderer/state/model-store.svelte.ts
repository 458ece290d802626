import { setFrozenIn } from '../../src-shared/document/blocks/block-freezing.ts';
import type { LaminaClient, ProjectSnapshot } from '../../src-shared/contract/contract.ts';
import {
  createHistory,
  goTo,
  perform,
  redo,
  redoLabel,
  seal,
  undo,
  undoLabel,
} from '../../src-shared/document/history/history.ts';
import type { History } from '../../src-shared/document/history/history.ts';
import { graphOf } from '../../src-shared/document/schema/blocks.ts';
import { changedGraphs, changeInside } from '../../src-shared/document/history/inside-block.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { Change, Operation } from '../../src-shared/document/history/operations.ts';
import { changeTo } from '../../src-shared/document/history/replace-content.ts';
import { LinkedChanges, type LinkedChange } from './linked-changes.ts';
import type { EditingRules } from './project-store.svelte.ts';
import { SavedDocument } from './saved-document.svelte.ts';
import { trailTo, validTrail, type TrailStep } from './block-trail.ts';

/**
 * The open model document with its history; every edit is saved by itself. A block may be open on
 * the canvas: `document` and `perform` are then about its inside, `whole` and `performOnWhole`
 * always about all. Which block is open is neither saved nor undone.
 */
export class ModelStore {
  #history: History = $state.raw() as History;
  #trail: readonly TrailStep[] = $state.raw([]);
  readonly #openTrail = $derived.by(() => validTrail(this.#history.document, this.#trail));
  readonly #graph = $derived(graphOf(this.#history.document, this.openBlock));
  readonly saved: SavedDocument<ModelDocument>;
  readonly #linkedChanges = new LinkedChanges();

  constructor(client: LaminaClient, project: ProjectSnapshot, rules: EditingRules) {
    this.#history = createHistory(project.model);
    this.saved = new SavedDocument(
      project.model,
      project.modelRevision,
      {
        save: (document, baseRevision) => client.request('project.saveModel', { document, baseRevision }),
        load: async () => {
          const { model, modelRevision } = await client.request('project.get', {});
          return { value: model, revision: modelRevision };
        },
        onLoaded: (document) => this.#takeOver(document),
      },
      rules,
    );
  }

  /** The graph on the canvas: the model's own, or the inside of the open block. */
  get document(): ModelDocument {
    return this.#graph;
  }

  /** The model with everything in it. */
  get whole(): ModelDocument {
    return this.#history.document;
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

  /** Opens a block at its first use in the model; one without use alone. */
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

  /** What undo would take back, in words; null where there is nothing. */
  get undoLabel(): string | null {
    return undoLabel(this.#history);
  }

  get redoLabel(): string | null {
    return redoLabel(this.#history);
  }

  /** Applies a change of the graph on the canvas; null (nothing to do) is allowed, as the edits return it. */
  perform(change: Change | null): void {
    if (change !== null) this.performOnWhole(changeInside(this.openBlock, change));
  }

  /** Freezes or unfreezes layers of the open graph, with what is inside them. */
  setFrozen(nodeIds: readonly string[], frozen: boolean): void {
    this.performOnWhole(setFrozenIn(this.whole, this.openBlock, nodeIds, frozen));
  }

  /** Applies a change of the whole document. */
  performOnWhole(change: Change | null): void {
    if (change !== null) this.#take(perform(this.#history, change));
  }

  /** Undoes and redoes this change together with the last step. */
  linkToLastStep(change: LinkedChange): void {
    this.#linkedChanges.link(this.#history, change);
  }

  /** Takes the last step back, and shows the graph that it is about. */
  undo(): void {
    const step = this.#history.done.at(-1);
    this.#take(undo(this.#history));
    this.#show(step?.backward.operations ?? []);
  }

  /** Does the last undone step again, and shows the graph that it is about. */
  redo(): void {
    const step = this.#history.undone.at(-1);
    this.#take(redo(this.#history));
    this.#show(step?.forward.operations ?? []);
  }

  /** Labels of all steps, oldest first, and how many of them are done now. */
  get steps(): { readonly labels: readonly string[]; readonly done: number } {
    const { done, undone } = this.#history;
    return { labels: [...done, ...undone.toReversed()].map(({ label }) => label), done: done.length };
  }

  /** Undoes or redoes until so many steps are done. */
  goTo(steps: number): void {
    this.#take(goTo(this.#history, steps));
  }

  /** Ends a gesture: a field lost focus, a drag ended. */
  seal(): void {
    this.#history = seal(this.#history);
  }

  #show(operations: readonly Operation[]): void {
    const changed = changedGraphs(operations);
    const [first] = changed;
    if (first === undefined || changed.has(this.openBlock)) return;
    if (first === null) this.leaveTo(0);
    else if (this.whole.blocks.some(({ id }) => id === first)) this.openDefinition(first);
  }

  /** What was edited elsewhere is one step more: the steps before it stay, and can be undone behind it. */
  #takeOver(document: ModelDocument): void {
    const change = changeTo(this.whole, document, 'Take over changes made elsewhere');
    if (change !== null) this.#history = perform(this.#history, { ...change, gesture: 'elsewhere' });
  }

  #take(history: History): void {
    const before = this.#history;
    if (history === before || !this.saved.set(history.document)) return;
    this.#history = history;
    this.#linkedChanges.follow(before, history);
  }
}
