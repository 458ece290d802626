import type { LaminaClient, ProjectSnapshot } from '../../src-shared/contract/contract.ts';
import { createHistory, perform, redo, redoLabel, seal, undo, undoLabel } from '../../src-shared/document/history.ts';
import type { History } from '../../src-shared/document/history.ts';
import type { ModelDocument } from '../../src-shared/document/model-document.ts';
import type { Change } from '../../src-shared/document/operations.ts';
import { SavedDocument } from './saved-document.svelte.ts';

/** The open model document with its history; every edit goes through `perform` and is saved by itself. */
export class ModelStore {
  #history: History = $state.raw() as History;
  readonly saved: SavedDocument<ModelDocument>;

  constructor(client: LaminaClient, project: ProjectSnapshot) {
    this.#history = createHistory(project.model);
    this.saved = new SavedDocument(project.model, project.modelRevision, {
      save: (document, baseRevision) => client.request('project.saveModel', { document, baseRevision }),
      load: async () => {
        const { model, modelRevision } = await client.request('project.get', {});
        return { value: model, revision: modelRevision };
      },
      onLoaded: (document) => (this.#history = createHistory(document)),
    });
  }

  get document(): ModelDocument {
    return this.#history.document;
  }

  /** What undo would take back, in words; null where there is nothing. */
  get undoLabel(): string | null {
    return undoLabel(this.#history);
  }

  get redoLabel(): string | null {
    return redoLabel(this.#history);
  }

  /** Applies a change; null (nothing to do) is allowed, as the edits return it. */
  perform(change: Change | null): void {
    if (change !== null) this.#take(perform(this.#history, change));
  }

  undo(): void {
    this.#take(undo(this.#history));
  }

  redo(): void {
    this.#take(redo(this.#history));
  }

  /** Ends a gesture: a field lost focus, a drag ended. */
  seal(): void {
    this.#history = seal(this.#history);
  }

  #take(history: History): void {
    if (history === this.#history) return;
    this.#history = history;
    this.saved.set(history.document);
  }
}
