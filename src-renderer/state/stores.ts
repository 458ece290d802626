import { getContext, setContext } from 'svelte';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { AnalysisStore } from './analysis-store.svelte.ts';
import type { ConfigurationStore } from './configuration-store.svelte.ts';
import type { DatasetStore } from './dataset-store.svelte.ts';
import type { DocumentsStore } from './documents-store.svelte.ts';
import type { EditorStore } from './editor-store.svelte.ts';
import type { EngineStore } from './engine-store.svelte.ts';
import type { LayoutStore } from './layout-store.svelte.ts';
import type { LiveEdits } from './live-edits.svelte.ts';
import type { LogStore } from './log-store.svelte.ts';
import type { ModelStore } from './model-store.svelte.ts';
import type { ProjectStore } from './project-store.svelte.ts';
import type { QueueStore } from './queue-store.svelte.ts';
import type { RunningModel } from './running-model.svelte.ts';
import type { RunsStore } from './runs-store.svelte.ts';
import type { Steps } from './steps.svelte.ts';
import type { Toasts } from './toasts.svelte.ts';
import type { Training } from './training.svelte.ts';

/**
 * The stores of the open project, created by the workbench. A component gets a store from its accessor: `useModel()`.
 * A function names the stores that it needs: `Pick<Stores, 'model' | 'editor'>`.
 */
export interface Stores {
  readonly client: LaminaClient;
  readonly project: ProjectStore;
  readonly model: ModelStore;
  readonly dataset: DatasetStore;
  readonly configuration: ConfigurationStore;
  readonly documents: DocumentsStore;
  readonly analysis: AnalysisStore;
  readonly runs: RunsStore;
  readonly queue: QueueStore;
  readonly training: Training;
  readonly running: RunningModel;
  readonly liveEdits: LiveEdits;
  readonly engines: EngineStore;
  readonly steps: Steps;
  readonly editor: EditorStore;
  readonly layout: LayoutStore;
  readonly toasts: Toasts;
  readonly log: LogStore;
}

const KEY = Symbol('stores');

/** Gives the stores to the calling component and those inside it. */
export function provideStores(stores: Stores): void {
  setContext(KEY, stores);
}

/** All stores, for a component that passes several of them on. */
export const useStores = (): Stores => getContext<Stores>(KEY);

const accessor =
  <Name extends keyof Stores>(name: Name) =>
  (): Stores[Name] =>
    useStores()[name];

export const useClient = accessor('client');
export const useProject = accessor('project');
export const useModel = accessor('model');
export const useDataset = accessor('dataset');
export const useConfiguration = accessor('configuration');
export const useDocuments = accessor('documents');
export const useAnalysis = accessor('analysis');
export const useRuns = accessor('runs');
export const useQueue = accessor('queue');
export const useTraining = accessor('training');
export const useRunning = accessor('running');
export const useLiveEdits = accessor('liveEdits');
export const useEngines = accessor('engines');
export const useSteps = accessor('steps');
export const useEditor = accessor('editor');
export const useLayout = accessor('layout');
export const useToasts = accessor('toasts');
export const useLog = accessor('log');
