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
  edit({ epochs, ...others }: Partial<TrainingConfiguration>, name: StepName): void {
    const before = epochs === undefined ? this.value : withEpochs(this.value, epochs);
    this.#documents.perform({ configuration: { ...before, ...others } }, name);
  }
}
