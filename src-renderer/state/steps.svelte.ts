import type { AnalysisStore } from './analysis-store.svelte.ts';
import type { DatasetStore } from './dataset-store.svelte.ts';
import type { ProjectStore } from './project-store.svelte.ts';
import type { RunsStore } from './runs-store.svelte.ts';
import { formatCountOf } from '../ui/format/numbers.ts';

export type StepId = 'data' | 'model' | 'train' | 'runs' | 'evaluate';

export interface Step {
  readonly id: StepId;
  readonly label: string;
  readonly state: 'ready' | 'missing' | 'busy';
  /** What is missing, or what is there, in one sentence. */
  readonly note: string;
}

/** The steps of the work, each with what it still lacks; and which one is on screen. */
export class Steps {
  current: StepId = $state('model');

  readonly #project: ProjectStore;
  readonly #dataset: DatasetStore;
  readonly #analysis: AnalysisStore;
  readonly #runs: RunsStore;

  readonly list: readonly Step[] = $derived.by(() => [
    this.#data(),
    this.#model(),
    this.#train(),
    this.#history(),
    this.#evaluate(),
  ]);

  /** Why training cannot start; null where it can. */
  readonly trainingBlocker: string | null = $derived.by(() => {
    if (this.#project.readOnly !== null) return `Nothing can be trained here. ${this.#project.readOnly.message}`;
    if (!this.#dataset.chosen) return 'Choose data first.';
    if (this.#dataset.error !== null) return `The data cannot be used: ${this.#dataset.error.message}`;
    if (this.#dataset.features === null) return 'The data is being read.';
    const errors = this.#analysis.errors.length;
    if (this.#analysis.nextStep !== null) return `${this.#analysis.nextStep} first.`;
    if (errors > 0) return `The model has ${formatCountOf(errors, 'problem')} to solve.`;
    if (this.#runs.active !== null) return `Run ${this.#runs.active.number} is training; stop it first.`;
    return null;
  });

  constructor(project: ProjectStore, dataset: DatasetStore, analysis: AnalysisStore, runs: RunsStore) {
    this.#project = project;
    this.#dataset = dataset;
    this.#analysis = analysis;
    this.#runs = runs;
    // A project without data begins with choosing it.
    if (!dataset.chosen) this.current = 'data';
  }

  #data(): Step {
    const { chosen, error, rows, preparing } = this.#dataset;
    const step = { id: 'data', label: 'Data' } as const;
    if (!chosen) return { ...step, state: 'missing', note: 'No data chosen yet' };
    if (error !== null) return { ...step, state: 'missing', note: error.message };
    if (rows === null) return { ...step, state: 'busy', note: preparing ? 'Reading data' : 'Waiting for data' };
    return { ...step, state: 'ready', note: `${formatCountOf(rows.train, 'training row')} ready` };
  }

  #model(): Step {
    const errors = this.#analysis.errors.length;
    const step = { id: 'model', label: 'Model' } as const;
    if (this.#analysis.nextStep !== null) {
      return { ...step, state: 'missing', note: this.#analysis.nextStep };
    }
    if (errors > 0) return { ...step, state: 'missing', note: `${formatCountOf(errors, 'problem')} to solve` };
    return { ...step, state: 'ready', note: this.#analysis.parameterWords };
  }

  #train(): Step {
    const step = { id: 'train', label: 'Train' } as const;
    const active = this.#runs.active;
    if (active !== null) return { ...step, state: 'busy', note: `Run ${active.number} is training` };
    if (this.trainingBlocker !== null) return { ...step, state: 'missing', note: this.trainingBlocker };
    return { ...step, state: 'ready', note: 'Ready to train' };
  }

  #history(): Step {
    const count = this.#runs.list.length;
    const step = { id: 'runs', label: 'Runs' } as const;
    if (count === 0) return { ...step, state: 'missing', note: 'No run yet: train first' };
    return { ...step, state: 'ready', note: formatCountOf(count, 'run') };
  }

  #evaluate(): Step {
    const step = { id: 'evaluate', label: 'Evaluate' } as const;
    const usable = this.#runs.list.some((run) => run.lastCheckpoint !== null);
    if (!usable) return { ...step, state: 'missing', note: 'Needs a run with saved weights' };
    return { ...step, state: 'ready', note: 'Test, try and export a trained model' };
  }
}
