import { getContext, setContext } from 'svelte';
import type { LaminaClient, Preferences, ProjectSnapshot } from '../../src-shared/contract/contract.ts';
import { AnalysisStore } from './analysis-store.svelte.ts';
import { ConfigurationStore } from './configuration-store.svelte.ts';
import { DatasetStore } from './dataset-store.svelte.ts';
import { DocumentsStore } from './documents-store.svelte.ts';
import { EditorStore } from './editor-store.svelte.ts';
import { EngineStore } from './engine-store.svelte.ts';
import { LayoutStore } from './layout-store.svelte.ts';
import { LogStore } from './log-store.svelte.ts';
import { ModelStore } from './model-store.svelte.ts';
import { ProjectStore } from './project-store.svelte.ts';
import { RunningModel } from './running-model.svelte.ts';
import { RunsStore } from './runs-store.svelte.ts';
import { Steps } from './steps.svelte.ts';
import type { Toasts } from './toasts.svelte.ts';

/** The stores of one open project, wired to each other and to core; components take the one they need. */
export interface Studio {
  readonly client: LaminaClient;
  readonly project: ProjectStore;
  readonly documents: DocumentsStore;
  readonly model: ModelStore;
  readonly dataset: DatasetStore;
  readonly configuration: ConfigurationStore;
  readonly analysis: AnalysisStore;
  readonly runs: RunsStore;
  readonly running: RunningModel;
  readonly engines: EngineStore;
  readonly steps: Steps;
  readonly editor: EditorStore;
  readonly layout: LayoutStore;
  readonly toasts: Toasts;
  readonly log: LogStore;
  /** Learns what was saved elsewhere while no events came. */
  syncRevisions(): Promise<void>;
  /** Ends all subscriptions. */
  dispose(): void;
}

export interface StudioOptions {
  client: LaminaClient;
  snapshot: ProjectSnapshot;
  preferences: Preferences;
  toasts: Toasts;
}

export function createStudio({ client, snapshot, preferences, toasts }: StudioOptions): Studio {
  const project = new ProjectStore(client, snapshot, toasts);
  const documents = new DocumentsStore(client, snapshot, project);
  const model = new ModelStore(documents);
  const dataset = new DatasetStore(client, documents);
  const configuration = new ConfigurationStore(documents);
  const runs = new RunsStore(client);
  const analysis = new AnalysisStore(model, dataset, configuration, runs);
  const engines = new EngineStore(client);
  const layout = new LayoutStore(preferences, (changed) => {
    client.request('preferences.set', changed).catch((thrown: unknown) => toasts.fail(thrown));
  });
  const log = new LogStore(client);
  const stopProject = client.on('project.changed', ({ what, revision }) => {
    const changed = what === 'project' ? null : documents.changed({ [what]: revision });
    Promise.all([project.refresh(), changed]).catch((thrown: unknown) => toasts.fail(thrown));
  });
  return {
    client,
    project,
    documents,
    model,
    dataset,
    configuration,
    analysis,
    runs,
    running: new RunningModel(client, runs, model),
    engines,
    steps: new Steps(project, dataset, analysis, runs),
    editor: new EditorStore(),
    layout,
    toasts,
    log,
    async syncRevisions() {
      const now = await client.request('project.get', {});
      await Promise.all([
        project.refresh(),
        documents.changed({
          model: now.modelRevision,
          dataset: now.datasetRevision,
          configuration: now.configurationRevision,
        }),
      ]);
    },
    dispose() {
      stopProject();
      for (const store of [runs, engines, log]) store.dispose();
    },
  };
}

/** Reads what the stores show; also after the connection came back. */
export async function refreshStudio(studio: Studio): Promise<void> {
  await Promise.all([studio.dataset.prepare(), studio.runs.refresh(), studio.engines.refresh()]);
}

const KEY = Symbol('studio');

export function provideStudio(studio: Studio): void {
  setContext(KEY, studio);
}

/** The open project's stores; only inside the workbench. */
export function useStudio(): Studio {
  return getContext<Studio>(KEY);
}
