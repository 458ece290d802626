import type { StepName } from '../../src-shared/document/history/history.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
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

  /** Replaces some settings: `edit({ epochs: 20 }, { label: 'Set epochs' })`. */
  edit(patch: Partial<TrainingConfiguration>, name: StepName): void {
    this.#documents.perform({ configuration: { ...this.value, ...patch } }, name);
  }
}
