import { AppError } from '../../src-shared/errors/app-error.ts';
import type { LaminaClient, ProjectSnapshot } from '../../src-shared/contract/contract.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import type { FeatureSpec, RowCounts } from '../../src-shared/data/prepared.ts';
import type { EditingRules } from './project-store.svelte.ts';
import { SavedDocument } from './saved-document.svelte.ts';

const PREPARE_DELAY_MS = 300;

/** The open dataset document and what core makes of it. */
export class DatasetStore {
  readonly saved: SavedDocument<DatasetDocument>;
  /** What a model is given; null while unknown. */
  features: FeatureSpec | null = $state.raw(null);
  rows: RowCounts | null = $state.raw(null);
  /** Why the data cannot be used. */
  error: AppError | null = $state.raw(null);
  preparing = $state(false);

  readonly #client: LaminaClient;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Only the newest preparation's answer counts. */
  #request = 0;

  constructor(client: LaminaClient, project: ProjectSnapshot, rules: EditingRules) {
    this.#client = client;
    this.saved = new SavedDocument(
      project.dataset,
      project.datasetRevision,
      {
        save: (document, baseRevision) => client.request('project.saveDataset', { document, baseRevision }),
        load: async () => {
          const { dataset, datasetRevision } = await client.request('project.get', {});
          return { value: dataset, revision: datasetRevision };
        },
        onLoaded: () => void this.prepare(),
      },
      rules,
    );
  }

  get document(): DatasetDocument {
    return this.saved.value;
  }

  /** True where files or a generator are chosen. */
  get chosen(): boolean {
    const { source } = this.document;
    return source.kind === 'generated' || source.path !== '';
  }

  /** Replaces the document: saved by itself, prepared anew once typing rests. */
  edit(document: DatasetDocument): void {
    const { source } = this.document;
    if (!this.saved.set(document)) return;
    this.preparing = this.chosen;
    // What was wrong with other files says nothing of these.
    if (JSON.stringify(source) !== JSON.stringify(document.source)) this.error = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.prepare(), PREPARE_DELAY_MS);
  }

  /** Asks core for the features; a failure is kept in `error`, not thrown. */
  async prepare(): Promise<void> {
    const request = (this.#request += 1);
    if (!this.chosen) {
      this.#take(null, null, null);
      return;
    }
    this.preparing = true;
    try {
      const { spec, rows } = await this.#client.request('dataset.prepare', { document: this.document });
      if (request === this.#request) this.#take(spec, rows, null);
    } catch (thrown) {
      const error = AppError.from(thrown);
      // Asked again once core is back; nothing is known to be wrong with the data.
      if (request === this.#request && error.code !== 'connection/lost') this.#take(null, null, error);
    }
  }

  #take(features: FeatureSpec | null, rows: RowCounts | null, error: AppError | null): void {
    this.features = features;
    this.rows = rows;
    this.error = error;
    this.preparing = false;
  }
}
