import type { StepName } from '../../src-shared/document/history/history.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { withEpochs } from '../../src-shared/training/configuration/phases.ts';
import type { DocumentsStore } from './documents-store.svelte.ts';

/** How the project's model is trained. */
export class ConfigurationStore {
  readonly #documents: DocumentsStore;

  constructor(documents: DocumentsStore) {
    this.#documents = documents;
  }

  get value(): TrainingConfiguration {
    return this.#documents.current.configuration;
  }

  /** Replaces some settings: `edit({ epochs: 20 }, { label: 'Set epochs' })`. Phases then have as many epochs. */
  edit(patch: Partial<TrainingConfiguration>, name: StepName): void {
    this.#documents.perform({ configuration: this.with(patch) }, name);
  }

  /** The settings after an edit. */
  with({ epochs, ...others }: Partial<TrainingConfiguration>): TrainingConfiguration {
    return { ...(epochs === undefined ? this.value : withEpochs(this.value, epochs)), ...others };
  }
}
