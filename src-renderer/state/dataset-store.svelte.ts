import { AppError } from '../../src-shared/errors/app-error.ts';
import { sameJson } from '../../src-shared/text/same-json.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import { requestCancelled } from '../../src-shared/contract/cancelled.ts';
import type { RequestProgress } from '../../src-shared/contract/transport.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import type { FeatureSpec, RowCounts } from '../../src-shared/data/prepared.ts';
import type { StepName } from '../../src-shared/document/history/history.ts';
import type { DocumentsStore } from './documents-store.svelte.ts';

const PREPARE_DELAY_MS = 300;

/** Data that was dropped on the window and is opened in the dialog. */
export interface DroppedData {
  readonly name: string;
  /** Bytes of a file; null: a folder. */
  readonly sizeBytes: number | null;
  /** Null: unknown, the person looks for it. */
  readonly path: string | null;
}

/** The data set document and the result of its preparation. */
export class DatasetStore {
  /** What a model is given; null while unknown. */
  features: FeatureSpec | null = $state.raw(null);
  rows: RowCounts | null = $state.raw(null);
  /** Why the data cannot be used. */
  error: AppError | null = $state.raw(null);
  preparing = $state(false);
  /** Of the preparation; null while unknown. */
  progress: RequestProgress | null = $state.raw(null);
  /** The dialog that chooses data is open; null: closed. */
  choosing: { readonly dropped: DroppedData | null } | null = $state.raw(null);
  /** The dialog with the cache of data is open. */
  showsCache = $state(false);

  readonly #client: LaminaClient;
  readonly #documents: DocumentsStore;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Only the newest preparation's answer counts. */
  #request = 0;
  #aborting = new AbortController();

  constructor(client: LaminaClient, documents: DocumentsStore) {
    this.#client = client;
    this.#documents = documents;
    documents.onChanged((before, after) => {
      if (before.dataset !== after.dataset) this.#changed(before.dataset, after.dataset);
    });
  }

  get document(): DatasetDocument {
    return this.#documents.current.dataset;
  }

  /** True where files or a generator are chosen. */
  get chosen(): boolean {
    const { source } = this.document;
    return source.kind === 'generated' || source.path !== '';
  }

  /** Replaces the document. */
  edit(document: DatasetDocument, name: StepName): void {
    this.#documents.perform({ dataset: document }, name);
  }

  /** Asks core for the features; a failure is kept in `error`, not thrown. */
  async prepare(): Promise<void> {
    const request = (this.#request += 1);
    if (!this.chosen) {
      this.#take(null, null, null);
      return;
    }
    this.preparing = true;
    this.progress = null;
    // An earlier preparation is of no use any more.
    this.#aborting.abort();
    const { signal } = (this.#aborting = new AbortController());
    const onProgress = (progress: RequestProgress): void => {
      if (request === this.#request) this.progress = progress;
    };
    try {
      const asked = { document: this.document };
      const { spec, rows } = await this.#client.request('dataset.prepare', asked, { signal, onProgress });
      if (request === this.#request) this.#take(spec, rows, null);
    } catch (thrown) {
      const error = AppError.from(thrown);
      // Asked again once core is back; nothing is known to be wrong with the data.
      if (request === this.#request && error.code !== 'connection/lost') this.#take(null, null, error);
    }
  }

  /** Ends the preparation, also one that has not begun; `error` then says that it was cancelled. */
  cancel(): void {
    if (!this.preparing) return;
    clearTimeout(this.#timer);
    this.#request += 1;
    this.#aborting.abort();
    this.#take(null, null, requestCancelled('dataset.prepare'));
  }

  /** Prepares the data again once typing pauses. */
  #changed(before: DatasetDocument, after: DatasetDocument): void {
    this.preparing = this.chosen;
    // Errors, columns and counts of other files say nothing about these.
    if (!sameJson(before.source, after.source)) this.error = null;
    if (originOf(before) !== originOf(after)) this.#forget();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.prepare(), PREPARE_DELAY_MS);
  }

  #forget(): void {
    this.features = null;
    this.rows = null;
  }

  #take(features: FeatureSpec | null, rows: RowCounts | null, error: AppError | null): void {
    this.features = features;
    this.rows = rows;
    this.error = error;
    this.preparing = false;
  }
}

/** The files or the generator of the data, without options of reading them. */
function originOf({ source }: DatasetDocument): string {
  return `${source.kind} ${source.kind === 'generated' ? source.generator : source.path}`;
}
