import { DEFAULT_DRAWS } from '../../../src-shared/contract/run-results.ts';
import type { ExportFormat, InputRow } from '../../../src-shared/contract/run-results.ts';
import type { RequestProgress } from '../../../src-shared/contract/transport.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import type { RunCommand } from '../../../src-shared/training/commands/run-command.ts';
import type { CheckpointKind, RunRecord, RunSummary } from '../../../src-shared/training/run/run.ts';
import { weightsForUse } from '../../../src-shared/training/run/run-weights.ts';
import type { RunStore } from '../../runs/store.ts';
import { hasEnded, isActive } from '../../../src-shared/training/run/run-state.ts';
import type { RunState } from '../../../src-shared/training/run/run-state.ts';
import { endedWhileQueued } from '../../runs/cores.ts';
import { requireAllowed } from './command-faults.ts';
import { commandForeignRun, ForeignCommands } from './foreign-commands.ts';
import { whenFree } from '../../runs/when-free.ts';
import type { NewRun } from '../../runs/types.ts';
import { ProgramCalls } from '../../processes/program-calls.ts';
import type { CallOptions } from '../../processes/program-calls.ts';
import { describeExit } from '../../processes/program-process.ts';
import type {
  BestCheckpoint,
  CheckpointRef,
  TrainedModel,
  TrainerCalls,
  TrainJob,
} from '../../training-protocol/protocol.ts';
import type { Emit } from '../../../src-shared/contract/dispatcher.ts';
import { SupervisedRun, trainerProgram } from './supervised-run.ts';
import type { SupervisedRunOptions } from './supervised-run.ts';
import type { QueuePlace, TrainingQueue } from './training-queue.ts';

/** The process keeps the model and data of its last job in memory for the next one. */
const WORKER_IDLE_MS = 60_000;

/**
 * An aborted job gives up between two batches, and the process keeps the model. One that does not, within native code,
 * ends with its process; the next job waits until then.
 */
const JOB_ABORT_GRACE_MS = 2_000;

export interface SupervisorOptions extends SupervisedRunOptions {
  /** Where runs wait while as many train as the limit allows; absent: each starts at once. */
  readonly queue?: { readonly runs: TrainingQueue; readonly project: string };
}

/** A run that waits or trains. */
interface Run {
  readonly place: QueuePlace | null;
  readonly ended: PromiseWithResolvers<void>;
  /** Null while it waits. */
  supervised: SupervisedRun | null;
}

/** Cancel and progress of a short job. */
export type JobOptions = CallOptions<RequestProgress>;

/**
 * Starts trainer processes, records their messages in the run store and sends events to the windows.
 * Short jobs on trained models share one worker process, which ends after a while without jobs.
 */
export class TrainingSupervisor {
  readonly #store: RunStore;
  readonly #emit: Emit;
  readonly #options: SupervisorOptions;
  readonly #jobs: ProgramCalls<TrainerCalls>;
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
    this.#jobs = new ProgramCalls({
      ...trainerProgram,
      idleMs: WORKER_IDLE_MS,
      abortGraceMs: JOB_ABORT_GRACE_MS,
      ended: (exit) =>
        new AppError(
          'training/worker-ended',
          `The process that worked on this ended before it was done: ${describeExit(exit)}. Try again; if it happens again, choose the other engine.`,
        ),
    });
  }

  /**
   * Creates a run and starts its trainer when it is its turn; events report its progress.
   *
   * @param now It does not wait for other runs.
   * @throws AppError 'runs/no-checkpoint', 'runs/unknown', 'runs/unreadable' of the run to continue or repeat, or 'runs/…' of
   *   the store.
   */
  start(run: NewRun, now = false): RunSummary {
    const from = run.continueFrom;
    const startFile = this.#startFile(run);
    const earlierId = run.repeats ?? (from?.mode === 'resume' ? from.runId : null);
    const purpose = run.repeats === undefined ? 'resumed' : 'repeated';
    const earlier = earlierId === null ? null : this.#earlier(earlierId, purpose);
    const summary = this.#store.createRun(run, this.#options.queue === undefined ? 'preparing' : 'queued');
    const history = this.#store.identity!;
    const job: TrainJob = {
      runId: summary.id,
      projectFolder: this.#store.folder,
      artifacts: this.#store.artifacts,
      history,
      model: run.model,
      dataset: run.dataset,
      configuration: run.configuration,
      start:
        startFile === null
          ? null
          : {
              ...this.#reference(startFile),
              mode: from?.mode ?? 'weights',
              best: this.#best(summary.id),
              endedBy: from?.mode === 'resume' ? this.#store.summary(from.runId).endedBy : null,
            },
      earlier,
      engineAsRecorded: run.engineAsRecorded ?? false,
      weightsSpec: from?.mode === 'resume' || startFile === null ? null : this.#weightsSpec(from?.runId, startFile),
      commands: [...(run.commands ?? [])],
      execution: earlierId === null ? null : this.#store.executionOf(earlierId),
    };
    const begin = (): void => this.#begin(job);
    this.#runs.set(summary.id, {
      place: this.#enter(summary, begin, now),
      ended: Promise.withResolvers(),
      supervised: null,
    });
    if (this.#options.queue === undefined) begin();
    this.#foreignCommands.start();
    return this.#store.summary(summary.id);
  }

  /** Resolves once a run has started, or is found to have to wait. */
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
    const supervised = new SupervisedRun(job, this.#store, this.#emit, { ...this.#options, onState });
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

  /** Evaluates a checkpoint on a split. The result on the test split with the weights for use is recorded. */
  async evaluate(
    runId: string,
    checkpoint: CheckpointKind,
    split: SplitName,
    options: JobOptions = {},
  ): Promise<TrainerCalls['evaluate']['result']> {
    const trained = this.#trained(runId, checkpoint);
    const result = await this.#jobs.call('evaluate', { trained, projectFolder: this.#store.folder, split }, options);
    const run = this.#store.summary(runId);
    // A result on changed data is not the run's result.
    const records = result.dataChange === undefined && this.#store.readOnly === null;
    if (records && split === 'test' && checkpoint === weightsForUse(run) && !isActive(run.state)) {
      await whenFree(() => this.#store.setTest(runId, result));
      // If that fails, the result is recorded and returned all the same.
      this.#sendSummary(runId);
    }
    return result;
  }

  /** @param draws Draws per row if the model has Monte Carlo layers. */
  async predict(
    runId: string,
    checkpoint: CheckpointKind,
    rows: readonly InputRow[],
    draws: number = DEFAULT_DRAWS,
    options: JobOptions = {},
  ): Promise<TrainerCalls['predict']['result']> {
    const trained = this.#trained(runId, checkpoint);
    const params = { trained, projectFolder: this.#store.folder, rows: [...rows], draws };
    return this.#jobs.call('predict', params, options);
  }

  /** How the run's data files differ from those it was trained on; null: not at all. */
  async dataChange(
    runId: string,
    split: SplitName,
    options: JobOptions = {},
  ): Promise<TrainerCalls['dataChange']['result']> {
    const run = this.#store.get(runId);
    const trained = { dataset: run.dataset, data: recordedData(run) };
    return this.#jobs.call('dataChange', { trained, projectFolder: this.#store.folder, split }, options);
  }

  /** Raw rows of the run's data files, with their true targets. */
  async samples(
    runId: string,
    split: SplitName,
    count: number,
    offset: number,
    options: JobOptions = {},
  ): Promise<TrainerCalls['samples']['result']> {
    const { dataset, featureSpec } = this.#store.get(runId);
    const projectFolder = this.#store.folder;
    return this.#jobs.call('samples', { dataset, featureSpec, projectFolder, split, count, offset }, options);
  }

  async weightChanges(
    runId: string,
    checkpoint: CheckpointKind,
    options: JobOptions = {},
  ): Promise<TrainerCalls['weightChanges']['result']> {
    const trained = this.#trained(runId, checkpoint);
    const initial = this.#reference(this.#store.requireCheckpoint(runId, 'initial').sha256);
    return this.#jobs.call('weightChanges', { trained, initial }, options);
  }

  /** @param folder Absolute. */
  async export(
    runId: string,
    checkpoint: CheckpointKind,
    format: ExportFormat,
    folder: string,
    options: JobOptions = {},
  ): Promise<TrainerCalls['export']['result']> {
    const trained = this.#trained(runId, checkpoint);
    return this.#jobs.call('export', { trained, projectFolder: this.#store.folder, format, folder }, options);
  }

  /** Stops all runs, waits a few seconds for them to save, and ends all processes. Runs that wait can be started again. */
  async close(): Promise<void> {
    this.#foreignCommands.stop();
    for (const id of this.runs.filter((id) => this.#waits(id))) {
      this.#leave(id, 'interrupted', endedWhileQueued(this.#store.checkpoint(id, 'last') !== null));
    }
    await Promise.all([...[...this.#runs.values()].map(({ supervised }) => supervised?.close()), this.#jobs.close()]);
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

  #earlier(runId: string, purpose: 'resumed' | 'repeated'): TrainJob['earlier'] {
    const run = this.#store.get(runId);
    const { dataset, featureSpec, versions, engine } = run;
    // Engine and spec are recorded together: without either, the run ended before its data was read.
    if (featureSpec === null && engine !== null) throw unreadableSpec(run);
    return { purpose, dataset, featureSpec, data: recordedData(run), versions };
  }

  /** The best checkpoint that a resumed run has copied; null: none. */
  #best(runId: string): BestCheckpoint | null {
    const best = this.#store.checkpoint(runId, 'best');
    return best === null ? null : { ...this.#reference(best.sha256), epoch: best.epoch, metrics: best.metrics };
  }

  #reference(sha256: string): CheckpointRef {
    return { folder: this.#store.artifacts, sha256 };
  }

  /** @throws AppError 'runs/no-checkpoint', 'runs/moved'. */
  #trained(runId: string, kind: CheckpointKind): TrainedModel {
    this.#store.requireInPlace();
    const run = this.#store.get(runId);
    const { model, dataset, configuration, featureSpec, engine } = run;
    const checkpoint = this.#store.requireCheckpoint(runId, kind);
    if (featureSpec === null) throw unreadableSpec(run);
    return {
      runId,
      model,
      dataset,
      configuration,
      featureSpec,
      data: recordedData(run),
      engine,
      checkpoint: this.#reference(checkpoint.sha256),
      weights: { checkpoint: kind, epoch: checkpoint.epoch },
    };
  }
}

/** Data that was prepared otherwise would not fit the weights. */
function unreadableSpec({ id, number, unreadable }: RunRecord): AppError {
  return new AppError(
    'runs/unreadable',
    `Expected the feature spec that run ${number} was trained with; it cannot be read, so the run cannot be used. ${unreadable ?? ''} Restore runs.sqlite from a backup, or train again.`,
    { runId: id },
  );
}

function recordedData({ dataFingerprint, dataRecord, rowCounts }: RunRecord): TrainedModel['data'] {
  return { fingerprint: dataFingerprint, record: dataRecord, rows: rowCounts };
}
