import type { LaminaClient, ProjectSnapshot } from '../../src-shared/contract/contract.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { EditingRules } from './project-store.svelte.ts';
import { SavedDocument } from './saved-document.svelte.ts';

/** How the project's model is trained. */
export class ConfigurationStore {
  readonly saved: SavedDocument<TrainingConfiguration>;

  constructor(client: LaminaClient, project: ProjectSnapshot, rules: EditingRules) {
    this.saved = new SavedDocument(
      project.configuration,
      project.configurationRevision,
      {
        save: (configuration, baseRevision) =>
          client.request('project.saveConfiguration', { configuration, baseRevision }),
        load: async () => {
          const { configuration, configurationRevision } = await client.request('project.get', {});
          return { value: configuration, revision: configurationRevision };
        },
      },
      rules,
    );
  }

  get value(): TrainingConfiguration {
    return this.saved.value;
  }

  /** Replaces some settings: `edit({ epochs: 20 })`. */
  edit(patch: Partial<TrainingConfiguration>): void {
    this.saved.set({ ...this.value, ...patch });
  }
}
