import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';
import type { RunCommand } from '../../../src-shared/training/commands/run-command.ts';
import type { RunRecord, RunSummary } from '../../../src-shared/training/run/run.ts';
import type { RunStore } from '../../runs/store.ts';
import { hasEnded } from '../../../src-shared/training/run/run-state.ts';
import type { RunState } from '../../../src-shared/training/run/run-state.ts';
import { endedWhileQueued } from '../../runs/cores.ts';
import { requireAllowed } from './command-faults.ts';
import { commandForeignRun, ForeignCommands } from './foreign-commands.ts';
import { RunJobs } from './run-jobs.ts';
import type { NewRun } from '../../runs/types.ts';
import type { BestCheckpoint, TrainJob } from '../../training-protocol/protocol.ts';
import type { Emit } from '../../../src-shared/contract/dispatcher.ts';
import { SupervisedRun } from './supervised-run.ts';
import type { SupervisedRunOptions } from './supervised-run.ts';
import { checkpointFile, recordedData, unreadableSpec } from './trained-model.ts';
import type { QueuePlace, TrainingQueue } from './training-queue.ts';

export interface SupervisorOptions extends SupervisedRunOptions {
  /** Where runs wait while the limit of runs that train is reached; absent: each starts at once. */
  readonly queue?: { readonly runs: TrainingQueue; readonly project: string };
}

/** A run that waits or trains. */
interface Run {
  readonly place: QueuePlace | null;
  readonly ended: PromiseWithResolvers<void>;
  /** Null while it waits. */
  supervised: SupervisedRun | null;
}

/** Where the first weights and the settings of a new run come from. */
interface Sources {
  /** File of its first weights; null: the seed. */
  readonly startFile: string | null;
  readonly resumed: RunRecord | null;
  /** The run that it resumes or repeats. */
  readonly earlier: RunRecord | null;
  readonly earlierRecord: TrainJob['earlier'];
}

/**
 * Starts trainer processes, records their messages in the run store and sends events to the windows.
 */
export class TrainingSupervisor {
  readonly #store: RunStore;
  readonly #emit: Emit;
  readonly #options: SupervisorOptions;
  /** Short jobs on trained models. */
  readonly jobs: RunJobs;
  readonly #runs = new Map<string, Run>();
  readonly #foreignCommands: ForeignCommands;

  /** @param store Must stay open until `close` has resolved. Relative paths of data sets start from its folder. */
  constructor(store: RunStore, emit: Emit, options: SupervisorOptions = {}) {
    this.#store = store;
    this.#emit = emit;
    this.#options = options;
    this.#foreignCommands = new ForeignCommands(store, (runId, command) => {
      const run = this.#runs.get(runId);
      if (run !== undefined) this.#command(runId, run, command);
    });
    this.jobs = new RunJobs(store, (runId) => this.#sendSummary(runId));
  }

  /**
   * Creates a run and starts its trainer when it is its turn; events report its progress.
   *
   * @param now It does not wait for other runs.
   * @throws AppError 'runs/no-checkpoint', 'runs/unknown', 'runs/unreadable' of the run to continue or repeat; 'runs/…' of
   *   the store.
   */
  start(run: NewRun, now = false): RunSummary {
    return this.startAll([run], now)[0]!;
  }

  /** As `start`: all runs enter the queue in this order or, if it throws, none. */
  startAll(runs: readonly NewRun[], now = false): RunSummary[] {
    const begun = runs.map((run) => ({ run, sources: this.#sourcesOf(run) }));
    const created = this.#store.createRuns(runs, this.#options.queue === undefined ? 'preparing' : 'queued');
    begun.forEach(({ run, sources }, index) => this.#launch(run, sources, created[index]!, now));
    return created.map(({ id }) => this.#store.summary(id));
  }

  #sourcesOf(run: NewRun): Sources {
    const from = run.continueFrom;
    const resumed = from?.mode === 'resume' ? this.#store.get(from.runId) : null;
    const earlier = run.repeats === undefined ? resumed : this.#store.get(run.repeats);
    const earlierRecord = earlier === null ? null : earlierOf(earlier, earlier === resumed ? 'resumed' : 'repeated');
    return { startFile: this.#startFile(run), resumed, earlier, earlierRecord };
  }

  #launch(
    run: NewRun,
    { startFile, resumed, earlier, earlierRecord }: Sources,
    summary: RunSummary,
    now: boolean,
  ): void {
    const from = run.continueFrom;
    const job: TrainJob = {
      runId: summary.id,
      projectFolder: this.#store.folder,
      artifacts: this.#store.artifacts,
      history: this.#store.identity!,
      model: run.model,
      dataset: run.dataset,
      configuration: run.configuration,
      start:
        startFile === null
          ? null
          : {
              ...checkpointFile(this.#store, startFile),
              mode: from?.mode ?? 'weights',
              best: this.#best(summary.id),
              endedBy: resumed?.endedBy ?? null,
              optimizer: resumed?.configuration.optimizer.kind ?? null,
            },
      earlier: earlierRecord,
      engineAsRecorded: run.engineAsRecorded ?? false,
      weightsSpec: resumed !== null || startFile === null ? null : this.#weightsSpec(from?.runId, startFile),
      commands: [...(run.commands ?? [])],
      ...(run.configuration.phases === undefined || run.phasesPlanned === true
        ? {}
        : { firstPhaseSeq: this.#store.nextCommand(summary.id) }),
      execution: earlier === null ? null : this.#store.executionOf(earlier.id),
    };
    const begin = (): void => this.#begin(job);
    this.#runs.set(summary.id, {
      place: this.#enter(summary, begin, now),
      ended: Promise.withResolvers(),
      supervised: null,
    });
    if (this.#options.queue === undefined) begin();
    this.#foreignCommands.start();
  }

  /** Resolves once it is known whether a run starts or waits. */
  async decided(runId: string): Promise<void> {
    await this.#runs.get(runId)?.place?.decided;
  }

  #enter({ id, number, name }: RunSummary, begin: () => void, now: boolean): QueuePlace | null {
    const { queue } = this.#options;
    if (queue === undefined) return null;
    const run = { folder: this.#store.folder, project: queue.project, runId: id, number, name };
    const turn = { start: begin, remove: () => this.#leave(id, 'stopped') };
    const place = queue.runs.enter(run, turn, now);
    void place.decided.then(() => {
      if (this.#waits(id)) this.#sendSummary(id);
    });
    return place;
  }

  #begin(job: TrainJob): void {
    const run = this.#runs.get(job.runId)!;
    const onState = (state: RunState): void => {
      if (hasEnded(state)) run.place?.leave();
      else run.place?.setPaused(state === 'paused');
    };
    let supervised: SupervisedRun;
    try {
      supervised = new SupervisedRun(job, this.#store, this.#emit, { ...this.#options, onState });
    } catch (thrown) {
      const { code, message } = AppError.from(thrown);
      this.#leave(job.runId, 'failed', { code, message });
      return;
    }
    run.supervised = supervised;
    void supervised.ended.then(() => {
      this.#forget(job.runId);
      run.place?.leave();
      run.ended.resolve();
    });
  }

  #waits(runId: string): boolean {
    return this.#runs.get(runId)?.supervised === null;
  }

  /** Ends a run that has not started. */
  #leave(runId: string, state: RunState, error: RunSummary['error'] = null): void {
    const run = this.#runs.get(runId);
    this.#forget(runId);
    run?.place?.leave();
    try {
      this.#store.setState(runId, state, error);
    } catch (thrown) {
      // The store keeps the state and writes it later.
      this.#store.log(runId, 'error', `The run's state could not be recorded yet: ${AppError.from(thrown).message}`);
    }
    this.#sendSummary(runId);
    run?.ended.resolve();
  }

  #sendSummary(runId: string): void {
    try {
      this.#emit('run.changed', { summary: this.#store.summary(runId) });
    } catch (thrown) {
      const { message } = AppError.from(thrown);
      this.#store.log(runId, 'error', `Event 'run.changed' could not be sent to the windows: ${message}`);
    }
  }

  /**
   * Sends a command to a run, whose trainer applies it between two steps.
   * A run that another window or program trains gets it through the run history.
   *
   * @throws AppError 'training/not-active', 'training/not-possible', 'training/cannot-set', 'training/no-answer', 'runs/…'.
   */
  async command(runId: string, command: RunCommand): Promise<void> {
    const run = this.#runs.get(runId);
    if (run === undefined) await commandForeignRun(this.#store, runId, command);
    else this.#command(runId, run, command);
  }

  #command(runId: string, { supervised }: Run, command: RunCommand): void {
    if (supervised !== null) return supervised.command(command);
    const { number, state } = this.#store.summary(runId);
    requireAllowed(number, state, command);
    this.#leave(runId, 'stopped');
  }

  #forget(runId: string): void {
    this.#runs.delete(runId);
    if (this.#runs.size === 0) this.#foreignCommands.stop();
  }

  /** Ends a run's trainer at once; the run becomes `interrupted`. */
  kill(runId: string, signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#runs.get(runId)?.supervised?.kill(signal);
  }

  /** Process id of a run's trainer; null if this core does not train that run, or it waits. */
  trainerPid(runId: string): number | null {
    return this.#runs.get(runId)?.supervised?.pid ?? null;
  }

  /** Runs of this core that train or wait. */
  get runs(): string[] {
    return [...this.#runs.keys()];
  }

  /** Resolves with its final state when a run of this core has ended. */
  async ended(runId: string): Promise<RunSummary> {
    await this.#runs.get(runId)?.ended.promise;
    return this.#store.summary(runId);
  }

  /** Stops all runs, waits a few seconds for them to save, and ends all processes. Runs that wait can be started again. */
  async close(): Promise<void> {
    this.#foreignCommands.stop();
    for (const id of this.runs.filter((id) => this.#waits(id))) {
      this.#leave(id, 'interrupted', endedWhileQueued(this.#store.checkpoint(id, 'last') !== null));
    }
    await Promise.all([...[...this.#runs.values()].map(({ supervised }) => supervised?.close()), this.jobs.close()]);
  }

  /** The file of the run's first weights; null: the seed. @throws AppError 'runs/…', 'weights/missing'. */
  #startFile({ continueFrom: from, startArtifact }: NewRun): string | null {
    if (startArtifact === undefined || from?.mode === 'resume') {
      return from === undefined ? null : this.#store.requireCheckpoint(from.runId, from.checkpoint).sha256;
    }
    this.#store.files.requireFile(startArtifact);
    return startArtifact;
  }

  /** Spec of the data that the first weights were trained on; null: unknown. */
  #weightsSpec(runId: string | undefined, file: string): FeatureSpec | null {
    const run = runId === undefined ? undefined : this.#store.list().find(({ id }) => id === runId);
    return run === undefined ? this.#store.files.specOf(file) : this.#store.get(run.id).featureSpec;
  }

  /** The best checkpoint that a resumed run has copied; null: none. */
  #best(runId: string): BestCheckpoint | null {
    const best = this.#store.checkpoint(runId, 'best');
    return best === null
      ? null
      : { ...checkpointFile(this.#store, best.sha256), epoch: best.epoch, metrics: best.metrics };
  }
}

function earlierOf(run: RunRecord, purpose: 'resumed' | 'repeated'): TrainJob['earlier'] {
  const { dataset, featureSpec, versions, engine } = run;
  // Engine and spec are recorded together: without either, the run ended before its data was read.
  if (featureSpec === null && engine !== null) throw unreadableSpec(run);
  return { purpose, dataset, featureSpec, data: recordedData(run), versions };
}
