import type { RunSummary } from '../../../src-shared/training/run/run.ts';
import { RunStore } from '../../runs/store.ts';
import { whenFree } from '../../runs/when-free.ts';
import { planRun } from '../training/plan-run.ts';
import type { RequestedRun } from '../training/plan-run.ts';
import { TrainingSupervisor } from '../training/supervisor.ts';
import type { Emit } from '../events/emit.ts';
import { ForeignRuns } from '../training/foreign-runs.ts';
import { ProjectService } from './documents/project-service.ts';
import { laminaVersion } from '../events/version.ts';

interface Training {
  readonly store: RunStore;
  readonly supervisor: TrainingSupervisor;
  readonly foreign: ForeignRuns;
}

/** One open project: its documents, its runs and the trainer processes that work on them. */
export class ProjectSession {
  readonly project: ProjectService;
  readonly #emit: Emit;
  #training: Training | null = null;

  private constructor(project: ProjectService, emit: Emit) {
    this.project = project;
    this.#emit = emit;
  }

  /** @throws AppError 'project/…' or 'files/…' where the folder cannot be opened. */
  static async open(folder: string, options: { create: boolean; watch: boolean }, emit: Emit): Promise<ProjectSession> {
    const project = await ProjectService.open(folder, options, (change) => emit('project.changed', change));
    return new ProjectSession(project, emit);
  }

  get folder(): string {
    return this.project.folder;
  }

  /** The run history, opened when first needed: a damaged one must not keep the documents from being shown. @throws AppError 'runs/…'. */
  get store(): RunStore {
    return this.#open().store;
  }

  /** @throws AppError 'runs/…' where the run history cannot be opened. */
  get supervisor(): TrainingSupervisor {
    return this.#open().supervisor;
  }

  isTraining(): boolean {
    return (this.#training?.supervisor.activeRuns.length ?? 0) > 0;
  }

  /** Trains the project's documents as they are now, or an earlier run's. @throws AppError 'document/newer-version', 'runs/…'. */
  async train(request: RequestedRun): Promise<RunSummary> {
    const { model, dataset, configuration } = await this.project.freshSnapshot();
    this.project.checkWritable();
    return whenFree(() => {
      const run = planRun(this.store, { model, dataset, configuration }, request);
      return this.supervisor.start({ ...run, versions: runVersions() });
    });
  }

  /** Stops what trains and waits a little for it to save. */
  async close(): Promise<void> {
    const training = this.#training;
    this.#training = null;
    training?.foreign.close();
    await Promise.all([this.project.close(), training?.supervisor.close()]);
    training?.store.close();
  }

  #open(): Training {
    if (this.#training === null) {
      const store = RunStore.open(this.folder);
      const supervisor = new TrainingSupervisor(store, this.#emit);
      this.#training = { store, supervisor, foreign: new ForeignRuns(store, this.#emit) };
    }
    return this.#training;
  }
}

/** What a run records of the programs that made it; its trainer adds the engine's. */
export function runVersions(): Record<string, string> {
  return { lamina: laminaVersion(), node: process.versions.node };
}
