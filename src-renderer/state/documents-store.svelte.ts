import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { ProjectSnapshot, RequestResult } from '../../src-shared/contract/contract.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import {
  createHistory,
  goTo,
  perform,
  redo,
  redoLabel,
  seal,
  stepLabels,
  undo,
  undoLabel,
} from '../../src-shared/document/history/history.ts';
import type { History, Step, StepName } from '../../src-shared/document/history/history.ts';
import { hashesIn } from '../../src-shared/document/schema/named-files.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { EditingRules } from './project-store.svelte.ts';
import { SavedDocument } from './saved-document.svelte.ts';
import type { Toast } from './toasts.svelte.ts';

export interface ProjectDocuments {
  readonly model: ModelDocument;
  readonly dataset: DatasetDocument;
  readonly configuration: TrainingConfiguration;
}

export type DocumentName = keyof ProjectDocuments;

const NAMES = ['model', 'dataset', 'configuration'] as const satisfies readonly DocumentName[];

type SaveResult = RequestResult<'project.saveModel'>;

/** Called with the versions before and after. */
type DocumentsListener = (before: ProjectDocuments, after: ProjectDocuments) => void;

/** Called with the steps that were undone or redone, in that order. */
type ReplayListener = (steps: readonly Step[], direction: 'undo' | 'redo') => void;

/**
 * The documents of the open project with one history; every edit is saved automatically. A document that changes on
 * the disk becomes a step, so that what was done before it can still be undone.
 */
export class DocumentsStore {
  readonly saved: { readonly [Name in DocumentName]: SavedDocument<ProjectDocuments[Name]> };
  #history: History<ProjectDocuments> = $state.raw() as History<ProjectDocuments>;
  readonly #listeners: DocumentsListener[] = [];
  readonly #replayListeners: ReplayListener[] = [];

  constructor(client: LaminaClient, project: ProjectSnapshot, rules: EditingRules) {
    const { model, dataset, configuration } = project;
    this.#history = createHistory({ model, dataset, configuration });
    const savedDocument = <Name extends DocumentName>(
      name: Name,
      save: (value: ProjectDocuments[Name], baseRevision: number) => Promise<SaveResult>,
    ): SavedDocument<ProjectDocuments[Name]> => {
      const read = (snapshot: ProjectSnapshot) => ({ value: snapshot[name], revision: snapshot[`${name}Revision`] });
      const { value, revision } = read(project);
      const load = async () => read(await client.request('project.get', {}));
      const onLoaded = (loaded: ProjectDocuments[Name]) => this.#takeOver({ [name]: loaded });
      return new SavedDocument<ProjectDocuments[Name]>(value, revision, { save, load, onLoaded }, rules);
    };
    this.saved = {
      model: savedDocument('model', (document, baseRevision) =>
        client.request('project.saveModel', { document, baseRevision }),
      ),
      dataset: savedDocument('dataset', (document, baseRevision) =>
        client.request('project.saveDataset', { document, baseRevision }),
      ),
      configuration: savedDocument('configuration', (value, baseRevision) =>
        client.request('project.saveConfiguration', { configuration: value, baseRevision }),
      ),
    };
  }

  get current(): ProjectDocuments {
    return this.#history.documents;
  }

  /** The step that undo would take back; null where there is none. */
  get undoLabel(): string | null {
    return undoLabel(this.#history);
  }

  get redoLabel(): string | null {
    return redoLabel(this.#history);
  }

  /** The last step that is done; null: none. Undo and redo keep the identity of a step. */
  get lastStep(): Step | null {
    return this.#history.done.at(-1) ?? null;
  }

  /** Labels of all steps, oldest first, and how many of them are done now. */
  get steps(): { readonly labels: readonly string[]; readonly done: number } {
    return { labels: stepLabels(this.#history), done: this.#history.done.length };
  }

  /** Replaces documents in one step. In a read-only project it only shows a message. */
  perform(changed: Partial<ProjectDocuments>, name: StepName): void {
    this.#save(perform(this.#history, { ...this.current, ...changed }, name));
  }

  /** @returns The versions before and after; null where there is nothing to undo. */
  undo(): [before: ProjectDocuments, after: ProjectDocuments] | null {
    return this.#replay(undo(this.#history));
  }

  redo(): [before: ProjectDocuments, after: ProjectDocuments] | null {
    return this.#replay(redo(this.#history));
  }

  /** Undoes or redoes. @param steps Number of steps that are done afterwards. */
  goTo(steps: number): void {
    this.#replay(goTo(this.#history, steps));
  }

  /** Hashes of the files of weights that the documents or a step of the history name. */
  get namedWeights(): string[] {
    return [...hashesIn(JSON.stringify(this.#history))];
  }

  /** A button for a message about the last step: it undoes the step, and is removed with the next edit. */
  undoOffer(): Pick<Toast, 'action' | 'holds'> {
    const made = this.current;
    return { action: { label: 'Undo', run: () => this.undo() }, holds: () => this.current === made };
  }

  /** Ends a gesture: a field lost focus, a drag ended. */
  seal(): void {
    this.#history = seal(this.#history);
  }

  /** Calls a function after every change, by edits, undo, redo or the disk. */
  onChanged(listener: DocumentsListener): void {
    this.#listeners.push(listener);
  }

  /** Calls a function after undo and redo. */
  onReplayed(listener: ReplayListener): void {
    this.#replayListeners.push(listener);
  }

  /** Core says that a document changed: by our own save, or elsewhere. */
  async changed(revisions: Partial<Record<DocumentName, number>>): Promise<void> {
    await Promise.all(NAMES.map((name) => revisions[name] !== undefined && this.saved[name].changed(revisions[name])));
  }

  /** Saves what is unsaved now. */
  async flush(): Promise<void> {
    await Promise.all(NAMES.map((name) => this.saved[name].flush()));
  }

  #replay(history: History<ProjectDocuments>): [ProjectDocuments, ProjectDocuments] | null {
    const { done } = this.#history;
    const changed = this.#save(history);
    if (changed === null) return null;
    const undone = done.slice(history.done.length).toReversed();
    const redone = history.done.slice(done.length);
    for (const listener of this.#replayListeners) {
      if (undone.length > 0) listener(undone, 'undo');
      if (redone.length > 0) listener(redone, 'redo');
    }
    return changed;
  }

  #save(history: History<ProjectDocuments>): [ProjectDocuments, ProjectDocuments] | null {
    const before = this.current;
    const after = history.documents;
    const set = <Name extends DocumentName>(name: Name) =>
      before[name] === after[name] || this.saved[name].set(after[name] as never);
    if (before === after || !NAMES.every(set)) return null;
    this.#take(history);
    return [before, after];
  }

  #takeOver(changed: Partial<ProjectDocuments>): void {
    const name = { label: 'Take over changes made elsewhere', gesture: 'elsewhere' };
    this.#take(perform(this.#history, { ...this.current, ...changed }, name));
  }

  #take(history: History<ProjectDocuments>): void {
    const before = this.current;
    this.#history = history;
    for (const listener of this.#listeners) listener(before, history.documents);
  }
}
