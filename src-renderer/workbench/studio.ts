import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { Preferences, ProjectSnapshot } from '../../src-shared/contract/contract.ts';
import { AnalysisStore } from '../state/analysis-store.svelte.ts';
import { ConfigurationStore } from '../state/configuration-store.svelte.ts';
import { DatasetStore } from '../state/dataset-store.svelte.ts';
import { DocumentsStore } from '../state/documents-store.svelte.ts';
import { EditorStore } from '../state/editor-store.svelte.ts';
import { EngineStore } from '../state/engine-store.svelte.ts';
import { LayoutStore } from '../state/layout-store.svelte.ts';
import { LiveEdits } from '../state/live-edits.svelte.ts';
import { commandLine, refusedLine } from '../terms/command-words.ts';
import { LogStore } from '../state/log-store.svelte.ts';
import { ModelStore } from '../state/model-store.svelte.ts';
import { ProjectStore } from '../state/project-store.svelte.ts';
import { QueueStore } from '../state/queue-store.svelte.ts';
import { RunningModel } from '../state/running-model.svelte.ts';
import { RunsStore } from '../state/runs-store.svelte.ts';
import { Steps } from '../state/steps.svelte.ts';
import type { Stores } from '../state/stores.ts';
import type { Toasts } from '../state/toasts.svelte.ts';
import { Training } from '../state/training.svelte.ts';

/** The stores of one open project, wired to each other and to core. */
export interface Studio extends Stores {
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
  const queue = new QueueStore(client, snapshot.folder, preferences);
  const analysis = new AnalysisStore(model, dataset, configuration, runs);
  const engines = new EngineStore(client);
  const layout = new LayoutStore(preferences, (changed) => {
    client.request('preferences.set', changed).catch((thrown: unknown) => toasts.fail(thrown));
  });
  const log = new LogStore(client, {
    applied: (runId, number, recorded) =>
      commandLine(number, recorded, runs.commandsOf(runId), runs.records.of(runId).value),
    refused: refusedLine,
  });
  const stopProject = client.on('project.changed', ({ what, revision }) => {
    const changed = what === 'project' ? null : documents.changed({ [what]: revision });
    Promise.all([project.refresh(), changed]).catch((thrown: unknown) => toasts.fail(thrown));
  });
  const running = new RunningModel(runs, model);
  const liveEdits = new LiveEdits({ documents, model, running, runs, toasts });
  const steps = new Steps(dataset.chosen);
  const needs = { client, project, model, dataset, configuration, documents, analysis, runs, steps, layout, toasts };
  return {
    ...needs,
    queue,
    training: new Training(needs),
    running,
    liveEdits,
    engines,
    editor: new EditorStore(),
    log,
    async syncRevisions() {
      const now = await client.request('project.get', {});
      await client.request('project.holdWeights', { files: documents.namedWeights });
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
      for (const store of [runs, queue, engines, log]) store.dispose();
    },
  };
}

/** Reads what the stores show; also after the connection came back. */
export async function refreshStudio(studio: Studio): Promise<void> {
  await Promise.all([
    studio.dataset.prepare(),
    studio.runs.refresh(),
    studio.queue.refresh(),
    studio.engines.refresh(),
  ]);
}
