import { SvelteSet } from 'svelte/reactivity';
import { trainsWithoutLabels } from '../../src-shared/data/dataset-document.ts';
import { setWeights } from '../../src-shared/document/edits/edits.ts';
import { isEnd } from '../../src-shared/document/schema/ends.ts';
import { modelWeights } from '../../src-shared/compiler/model-programs.ts';
import { randomFrozenAtStart, type NamedShape } from '../../src-shared/diagnostics/checks/random-frozen.ts';
import { reportedMetrics } from '../../src-shared/compiler/goals/report.ts';
import { directionOf, monitoredMetrics, monitorTitles } from '../../src-shared/training/callbacks/monitor.ts';
import type { MonitoredMetric } from '../../src-shared/training/callbacks/monitor.ts';
import type { RunCommand } from '../../src-shared/training/commands/run-command.ts';
import type { CheckpointKind, RunSummary } from '../../src-shared/training/run/run.ts';
import { commandsIn } from '../../src-shared/training/run/run-state.ts';
import { RESUME_WEIGHTS, weightsForUse } from '../../src-shared/training/run/run-weights.ts';
import { formatCountOf } from '../ui/format/numbers.ts';
import type { AnalysisStore } from './analysis-store.svelte.ts';
import type { ConfigurationStore } from './configuration-store.svelte.ts';
import type { DatasetStore } from './dataset-store.svelte.ts';
import type { DocumentsStore } from './documents-store.svelte.ts';
import type { LayoutStore } from './layout-store.svelte.ts';
import type { ModelStore } from './model-store.svelte.ts';
import type { ProjectStore } from './project-store.svelte.ts';
import type { RunsStore, StartOptions } from './runs-store.svelte.ts';
import type { Steps } from './steps.svelte.ts';
import type { Toasts } from './toasts.svelte.ts';

interface Needs {
  readonly project: ProjectStore;
  readonly model: ModelStore;
  readonly dataset: DatasetStore;
  readonly configuration: ConfigurationStore;
  readonly documents: DocumentsStore;
  readonly analysis: AnalysisStore;
  readonly runs: RunsStore;
  readonly steps: Steps;
  readonly layout: LayoutStore;
  readonly toasts: Toasts;
}

/** Starts training and commands runs. Failures become toasts. */
export class Training {
  readonly #stores: Needs;
  /** A start that needs confirmation, because these frozen layers would keep random weights; null: none. */
  question: { readonly layers: readonly string[]; readonly options: StartOptions } | null = $state.raw(null);
  /** Id of the run that this window stops after its current step; null: none. */
  stopsNow: string | null = $state(null);
  /** True if epochs are validated, which is expected while the data is not known. */
  readonly validates: boolean = $derived.by(() => (this.#stores.dataset.rows?.validation ?? 1) > 0);
  /** Metrics of each epoch of the next run; empty while they are not known. */
  readonly metrics: readonly MonitoredMetric[] = $derived.by(() => this.#metrics());
  /** Why training cannot start; null if it can. */
  readonly blocker: string | null = $derived.by(() => this.#blocker());

  /** The newest run, if it pretrained layers of this model and new runs of it do not start from its weights; null: none. */
  readonly pretrained: RunSummary | null = $derived.by(() => {
    const [newest] = this.#stores.runs.list;
    return newest !== undefined && !this.#waitsFor.has(newest.id) && this.lacksPretrained(newest) ? newest : null;
  });
  /** Runs whose weights this window takes itself. */
  readonly #waitsFor = new SvelteSet<string>();

  constructor(stores: Needs) {
    this.#stores = stores;
  }

  /**
   * Saves all edits, starts training and shows the curves. If frozen layers would keep random weights,
   * asks first (`question`).
   * @param confirmed The user has answered that question.
   */
  async start(options: StartOptions = {}, confirmed = false): Promise<void> {
    const { documents, runs, layout, steps, toasts } = this.#stores;
    try {
      await documents.flush();
      const layers = confirmed ? [] : await this.#layersLeftRandom(options);
      this.question = layers.length === 0 ? null : { layers, options };
      if (this.question !== null) return;
      const started = runs.get(await runs.start(options));
      if (steps.current !== 'model') steps.current = 'train';
      else if (started?.state !== 'queued') layout.showDrawer('curves');
      else toasts.info(`Run ${started.number} is in the queue: other runs train before it.`);
    } catch (thrown) {
      toasts.fail(thrown);
    }
  }

  /** Pauses a run after its current step, or resumes it. */
  async pauseOrResume(run: RunSummary): Promise<void> {
    await this.#command(run, { kind: commandsIn(run.state).includes('resume') ? 'resume' : 'pause' });
  }

  /** Stops after the current step or epoch; a checkpoint keeps the weights. */
  async stop(run: RunSummary, when: 'now' | 'epoch'): Promise<void> {
    if (when === 'now') this.stopsNow = run.id;
    const taken = await this.#command(run, { kind: 'stop', when });
    if (when === 'now' && !taken) this.stopsNow = null;
  }

  /** Continues a run from its last checkpoint: same model, settings, step and optimizer state. */
  resume(run: RunSummary): Promise<void> {
    return this.start({
      continueFrom: { runId: run.id, checkpoint: RESUME_WEIGHTS, mode: 'resume', settings: 'run' },
    });
  }

  /** Continues a run to a later epoch. @param epochs Total, including those already trained. */
  trainLonger(run: RunSummary, epochs: number, settings: 'run' | 'project'): Promise<void> {
    return this.start({
      continueFrom: { runId: run.id, checkpoint: RESUME_WEIGHTS, mode: 'resume', settings, epochs },
    });
  }

  /** Trains a run again as it was recorded. */
  repeat(run: RunSummary): Promise<void> {
    return this.start({ repeat: run.id });
  }

  /** Trains the project's current model, starting from the weights of an earlier run. */
  continueFromWeights(run: RunSummary, checkpoint: CheckpointKind): Promise<void> {
    return this.start({ continueFrom: { runId: run.id, checkpoint, mode: 'weights' } });
  }

  /** Lets new runs of the project's model start from the weights of a run, in one undoable step. */
  async nameWeights(run: RunSummary, checkpoint: CheckpointKind): Promise<void> {
    const { project, documents, model, runs, toasts } = this.#stores;
    if (!project.mayEdit()) return;
    await toasts.attempt(async () => {
      const weights = await runs.keepWeights(run.id, checkpoint);
      model.performOnWhole(setWeights(weights));
      toasts.info(`New runs of this model start from ${weights.label}.`, documents.undoOffer());
    });
  }

  /** A run whose weights this window takes, so that it does not offer them, once it has ended; null if it was deleted. */
  pretrainingEnded(runId: string): Promise<RunSummary | null> {
    this.#waitsFor.add(runId);
    return this.#stores.runs.ended(runId);
  }

  /** Whether a run has pretrained layers of the model and new runs of the model do not start from its weights. */
  lacksPretrained(run: RunSummary): boolean {
    const { model, project, runs } = this.#stores;
    if (run.state !== 'completed' || project.readOnly !== null) return false;
    const { weights, nodes } = model.whole;
    if (weights?.label.startsWith(`run ${run.number}, `) === true) return false;
    const record = runs.records.of(run.id).value;
    if (record === null || !trainsWithoutLabels(record.dataset)) return false;
    const trained = record.model.nodes.filter((node) => !isEnd(node));
    return nodes.some((node) => trained.some(({ kind, name }) => kind === node.kind && name === node.name));
  }

  /**
   * Lets new runs of the project's model start from the weights of a run that pretrained layers of it, in one undoable
   * step. Weights of other layers stay.
   */
  async takePretrained(run: RunSummary): Promise<void> {
    const { project, documents, model, runs, toasts } = this.#stores;
    if (!project.mayEdit()) return;
    await toasts.attempt(async () => {
      const weights = await runs.keepWeights(run.id, weightsForUse(run), model.whole.weights);
      model.performOnWhole(setWeights(weights));
      toasts.info(`New runs of this model start from ${weights.label}.`, documents.undoOffer());
    });
  }

  /** @returns False if it was refused. */
  #command(run: RunSummary, command: RunCommand): Promise<boolean> {
    const { runs, toasts } = this.#stores;
    return toasts.attempt(() => runs.command(run.id, command));
  }

  #blocker(): string | null {
    const { project, dataset, analysis } = this.#stores;
    if (project.readOnly !== null) return `Nothing can be trained here. ${project.readOnly.message}`;
    if (!dataset.chosen) return 'Choose data first.';
    if (dataset.error !== null) return `The data cannot be used: ${dataset.error.message}`;
    if (dataset.features === null) return 'The data is being read.';
    if (analysis.nextStep !== null) return `${analysis.nextStep} first.`;
    if (analysis.errors.length > 0)
      return `The model has ${formatCountOf(analysis.errors.length, 'problem')} to solve.`;
    return this.#monitorFault();
  }

  #metrics(): readonly MonitoredMetric[] {
    const { model, dataset, analysis, configuration } = this.#stores;
    if (dataset.features === null) return [];
    const shapeOf = (id: string) => analysis.current.nodes.get(id)?.outputShape ?? null;
    const reported = reportedMetrics(model.whole, dataset.features, shapeOf, configuration.value);
    return reported.length === 0 ? [] : monitoredMetrics(reported, this.validates);
  }

  /** The trainer refuses such a run; null: none. */
  #monitorFault(): string | null {
    const { value } = this.#stores.configuration;
    for (const setting of ['earlyStopping', 'best'] as const) {
      const monitor = value[setting];
      if (monitor === undefined || this.metrics.length === 0) continue;
      const result = directionOf(monitor, this.metrics);
      if ('fault' in result) return `${monitorTitles[setting]} ${result.fault}`;
    }
    return null;
  }

  /** Frozen layers that would start with random weights. Resumed and repeated runs keep what they had. */
  async #layersLeftRandom({ repeat, continueFrom }: StartOptions): Promise<string[]> {
    const { model, dataset, configuration, analysis } = this.#stores;
    const { features } = dataset;
    if (repeat !== undefined || continueFrom?.mode === 'resume' || continueFrom?.settings === 'run') return [];
    if (features === null || analysis.errors.length > 0) return [];
    const start = { model: model.whole, features, configuration: configuration.value };
    if (randomFrozenAtStart(start, []).length === 0) return [];
    return randomFrozenAtStart(start, await this.#givenShapes(continueFrom?.runId));
  }

  /** Shapes of the weights that the training starts with: those of a run, or those that the model names. */
  async #givenShapes(runId: string | undefined): Promise<readonly NamedShape[]> {
    const { model, runs } = this.#stores;
    if (runId === undefined) {
      const file = model.whole.weights?.artifact;
      return file === undefined ? [] : runs.weightShapes.get(file);
    }
    const { model: trained, featureSpec, configuration } = await runs.records.get(runId);
    return featureSpec === null ? [] : modelWeights(trained, featureSpec, configuration);
  }
}
