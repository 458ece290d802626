import { existsSync } from 'node:fs';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { recordedSpec } from '../../src-shared/data/prepared.ts';
import type { ModelWeights } from '../../src-shared/document/schema/model-document.ts';
import { weightsText } from '../../src-shared/training/run/run-weights.ts';
import type { RecordedCommand, RunCommand } from '../../src-shared/training/commands/run-command.ts';
import type { FreezingProof } from '../../src-shared/training/run/freezing-proof.ts';
import type { CheckpointKind, EndedBy, RunSummary, TestResult } from '../../src-shared/training/run/run.ts';
import type { RunState } from '../../src-shared/training/run/run-state.ts';
import { Access } from './access.ts';
import { ArtifactStore } from './artifact-store.ts';
import { CommandRequests } from './command-requests.ts';
import { Cores, interruptOrphans } from './cores.ts';
import { databasePath, openCopy, openDatabase } from './database.ts';
import type { Database } from './database.ts';
import { storageError } from './errors.ts';
import { historyIdentity } from './history-place.ts';
import { jsonText } from './json-text.ts';
import { insertRun } from './new-run.ts';
import { processIdentity } from '../system/process-identity.ts';
import { prepareQueries } from './queries.ts';
import type { Queries } from './queries.ts';
import { PendingWrites } from './pending-writes.ts';
import { RunReading } from './run-reading.ts';
import { prepareStatements } from './statements.ts';
import type { Statements } from './statements.ts';
import { hasEnded } from '../../src-shared/training/run/run-state.ts';
import type { FinishedEpoch, LogLine, NewRun, RunPreparation, WrittenCheckpoint } from './types.ts';
import { isBusy } from './when-free.ts';

/** Longest time that `close` waits for locks; it does not retry. */
const CLOSE_PATIENCE_MS = 3_000;

type RunError = NonNullable<RunSummary['error']>;

/**
 * The runs of a project: `runs.sqlite` and the checkpoint files in `artifacts/`. `RunReading` reads them; this class
 * records.
 *
 * A record is durable when its method returns, except lines of `log`, whose commits are batched.
 * Methods throw AppError `runs/…`; committed records stay.
 */
export class RunStore extends RunReading {
  /** The files in `artifacts/`, and what owns them. */
  readonly files: ArtifactStore;
  readonly commandRequests: CommandRequests;
  readonly #access: Access;
  readonly #queries: Queries;
  readonly #statements: Statements;
  readonly #cores: Cores;
  readonly #pending: PendingWrites;
  readonly #removeCopy: () => void;

  /**
   * Opens or creates a project's history. Runs whose core has ended become `interrupted`. A history that
   * cannot be written is opened for reading; `readOnly` is then the error.
   *
   * @throws AppError 'runs/corrupt' (then `setDatabaseAside` offers a new history), 'runs/newer',
   *   'runs/unwritable', 'runs/disk-full', 'project/missing-folder'.
   */
  static open(projectFolder: string): RunStore {
    let database: Database | undefined;
    try {
      database = openDatabase(projectFolder);
      return new RunStore(projectFolder, database, null);
    } catch (error) {
      database?.close();
      const failure = storageError(error, projectFolder, databasePath(projectFolder));
      if (failure.code !== 'runs/unwritable' || !existsSync(projectFolder)) throw failure;
      return RunStore.#openCopy(projectFolder, failure);
    }
  }

  /** Opens a copy of a history that cannot be written: its runs can be read and used. */
  static #openCopy(projectFolder: string, unwritable: AppError): RunStore {
    const { database, remove } = openCopy(projectFolder);
    try {
      return new RunStore(projectFolder, database, { unwritable, remove });
    } catch (error) {
      database.close();
      remove();
      throw storageError(error, projectFolder, databasePath(projectFolder));
    }
  }

  private constructor(folder: string, database: Database, copy: { unwritable: AppError; remove: () => void } | null) {
    const identity = copy === null ? historyIdentity(folder) : null;
    const access = new Access(folder, database, identity, copy?.unwritable ?? null);
    const queries = prepareQueries(database);
    const statements = prepareStatements(database);
    const pending = new PendingWrites(access, statements);
    super(folder, access, queries, pending);
    this.#removeCopy = copy?.remove ?? (() => {});
    this.#access = access;
    this.#queries = queries;
    this.#statements = statements;
    this.#pending = pending;
    this.#cores = new Cores(database);
    this.commandRequests = new CommandRequests(access, database, this.#cores.id);
    this.files = new ArtifactStore(folder, access, database, queries, this.#cores.id);
    this.#cores.removeDead();
    this.recover();
    this.sweep();
  }

  /** Commits pending writes and closes the database. Active runs of this core become `interrupted` for other programs. */
  close(): void {
    if (!this.#access.isOpen) return;
    try {
      this.#access.waitForLocks(CLOSE_PATIENCE_MS);
      this.flush();
    } finally {
      this.#pending.end();
      try {
        this.#cores.leave();
      } finally {
        this.#access.close();
        this.#removeCopy();
      }
    }
  }

  // runs

  /** Creates a run. A run that resumes another one starts with its curves up to the checkpoint. */
  createRun(run: NewRun, state: 'preparing' | 'queued' = 'preparing'): RunSummary {
    return this.createRuns([run], state)[0]!;
  }

  /** As `createRun`: all or, if it throws, none. */
  createRuns(runs: readonly NewRun[], state: 'preparing' | 'queued'): RunSummary[] {
    this.flush();
    const tables = { statements: this.#statements, queries: this.#queries, files: this.files };
    const begun = { state, coreId: this.#cores.id };
    const ids = this.#access.write(() => runs.map((run) => insertRun(tables, run, begun)));
    return ids.map((id) => this.summary(id));
  }

  /** Records facts about the data and the engine; absent fields keep their values. */
  recordPreparation(id: string, preparation: RunPreparation): RunSummary {
    const text = (value: unknown): string | null => (value === undefined ? null : jsonText(value));
    this.#access.write(() => {
      this.#statements.prepared.run({
        id,
        featureSpec: text(preparation.featureSpec && recordedSpec(preparation.featureSpec)),
        rowCounts: text(preparation.rowCounts),
        dataFingerprint: preparation.dataFingerprint ?? null,
        dataRecord: text(preparation.dataRecord),
        engine: preparation.engine ?? null,
        device: preparation.device ?? null,
        versions: jsonText(preparation.versions ?? {}),
        execution: text(preparation.execution),
      });
    });
    return this.summary(id);
  }

  /**
   * Records the process that trains a run, so that other programs can check whether it is alive. A run that was queued
   * starts now.
   */
  recordTrainer(id: string, pid: number): void {
    const startedAt = new Date().toISOString();
    this.#access.write(() => this.#statements.trainer.run({ id, ...processIdentity(pid), startedAt }));
  }

  /**
   * Changes a run's state; a final state also sets the end time.
   *
   * @param endedBy The callback that completed it.
   * @throws AppError 'runs/disk-full': this core shows the state nevertheless, and writes it as soon as possible.
   */
  setState(id: string, state: RunState, error: RunError | null = null, endedBy: EndedBy | null = null): RunSummary {
    const endedAt = hasEnded(state) ? new Date().toISOString() : null;
    this.#pending.addState(id, { state, error, endedAt, endedBy });
    this.flush();
    return this.summary(id);
  }

  setFreezing(id: string, proof: FreezingProof): void {
    this.#access.write(() => this.#statements.freezing.run({ id, freezing: jsonText(proof) }));
  }

  setTest(id: string, test: TestResult): RunSummary {
    this.#access.write(() => this.#statements.test.run({ id, test: jsonText(test) }));
    return this.summary(id);
  }

  rename(id: string, name: string): RunSummary {
    this.#access.write(() => this.#statements.rename.run({ id, name: name.trim() }));
    return this.summary(id);
  }

  /** @throws AppError 'runs/active' while the run trains or is queued. */
  delete(id: string): void {
    this.recover();
    const { state } = this.summary(id);
    if (!hasEnded(state)) {
      throw new AppError('runs/active', `Run '${id}' is ${state}; stop it before deleting it.`, { runId: id, state });
    }
    const files = [...this.#queries.checkpoints.all(id).map(({ sha256 }) => sha256), ...this.#queries.owned.all(id)];
    this.#access.write(() => this.#statements.remove.run({ id }));
    this.#pending.removeState(id);
    this.files.delete(files);
  }

  // weights apart from runs

  /**
   * Keeps the weights of a checkpoint for models that will name them, also after the run is deleted.
   *
   * @throws AppError 'runs/unknown', 'runs/no-checkpoint', 'weights/missing'.
   */
  keepWeights(id: string, kind: CheckpointKind): ModelWeights {
    const { number, featureSpec } = this.get(id);
    let label = '';
    const artifact = this.files.keep(() => {
      const { sha256, epoch } = this.requireCheckpoint(id, kind);
      label = `run ${number}, ${weightsText({ checkpoint: kind, epoch })}`;
      return { sha256, origin: { kind: 'run', runId: id, number, checkpoint: kind, epoch }, spec: featureSpec };
    });
    return { artifact, label };
  }

  // during a run

  /**
   * Records the losses of consecutive steps.
   *
   * @param firstStep Step of the first loss; it follows the last recorded one. The first step of a run is 1.
   * @param seq Sequence number of the event that will report the losses.
   */
  recordSteps(id: string, firstStep: number, losses: Float32Array, seq: number): void {
    if (losses.length === 0) return;
    this.#pending.commit(() => this.#writeSteps(id, firstStep, losses, seq));
  }

  /**
   * Records epochs.
   *
   * @param steps Steps received with the epochs, as for `recordSteps`.
   */
  recordEpochs(
    id: string,
    epochs: readonly FinishedEpoch[],
    seq: number,
    steps?: { firstStep: number; losses: Float32Array },
  ): void {
    if (epochs.length === 0) return;
    this.#pending.commit(() => {
      if (steps !== undefined) this.#writeSteps(id, steps.firstStep, steps.losses, seq);
      for (const { record, best } of epochs) {
        const { epoch, metrics, durationMs, stepsPerSecond } = record;
        this.#statements.epoch.run({ id, epoch, metrics: jsonText(metrics), durationMs, stepsPerSecond });
        if (best) this.#statements.best.run({ id, epoch });
      }
      this.#statements.progress.run({ id, stepsDone: 0, seq });
    });
  }

  /** Adds a line to the run's log; it is committed within 250 ms. */
  log(id: string, level: LogLine['level'], message: string): void {
    this.#pending.addLine({ id, at: new Date().toISOString(), level, message });
  }

  /** Records a line of the run's log that a window will show. */
  recordWarning(id: string, message: string): void {
    const at = new Date().toISOString();
    this.#pending.commit(() => this.#statements.log.run({ id, at, level: 'warning', message }));
  }

  /** Records a command that was applied. */
  recordCommand(id: string, { command, ...position }: RecordedCommand): void {
    const row = { id, ...position, command: jsonText(command) };
    this.#pending.commit(() => this.#statements.command.run(row));
  }

  /** Records commands that the run will apply. */
  recordPlan(id: string, commands: readonly RecordedCommand[]): void {
    const rows = commands.map(({ command, ...position }) => ({ id, ...position, command: jsonText(command) }));
    this.#pending.commit(() => rows.forEach((row) => this.#statements.command.run(row)));
  }

  /** Records a command that was not applied, and the warning that says why. A setting of an earlier run is removed. */
  recordRefusal(id: string, seq: number, command: RunCommand, message: string): void {
    const at = new Date().toISOString();
    this.#pending.commit(() => {
      this.#statements.log.run({ id, at, level: 'warning', message });
      this.#statements.notApplied.run({ id, seq });
      this.#statements.refusal.run({ id, seq, command: jsonText(command) });
    });
  }

  /** Records checkpoints whose files are written. Each replaces the run's previous checkpoint of its kind. */
  recordCheckpoints(id: string, checkpoints: readonly WrittenCheckpoint[]): void {
    const previous = checkpoints.map(({ kind }) => this.#queries.checkpoint.get(id, kind)?.sha256);
    const createdAt = new Date().toISOString();
    this.#pending.commit(() => {
      for (const { kind, epoch, step, batch, metrics, sha256, sizeBytes, frozen = null } of checkpoints) {
        if (frozen !== null) this.files.recordFrozen(sha256, frozen);
        const text = jsonText(metrics);
        this.#statements.checkpoint.run({ id, kind, epoch, step, batch, metrics: text, sha256, sizeBytes, createdAt });
      }
    });
    this.files.delete(previous.filter((sha256) => sha256 !== undefined));
  }

  /** Deletes checkpoint files that will not be recorded. */
  discardFiles(files: readonly string[]): void {
    this.files.delete(files);
  }

  /** Deletes, in the background, files that nothing names any more; files of live trainers stay. */
  sweep(): void {
    this.files.sweep().catch(() => {
      // The next sweep retries.
    });
  }

  /** Commits pending writes. */
  flush(): void {
    this.#pending.flush();
  }

  /** True if this core started the run's trainer. */
  owns(id: string): boolean {
    return this.#queries.state.get(id)?.core_id === this.#cores.id;
  }

  /**
   * Marks runs that are active or queued and whose core has ended as `interrupted`, and ends their trainers.
   * Does not change runs of another core that is alive.
   */
  override recover(): void {
    if (this.#queries.otherUnfinished.get(this.#cores.id) === 0) return;
    try {
      const interrupted = this.#access.transaction(() => {
        this.#cores.removeDead();
        return interruptOrphans(this.#queries, this.#statements);
      });
      if (interrupted > 0) this.sweep();
    } catch (error) {
      // Another program locks the database; the next call retries.
      if (!isBusy(error)) throw error;
    }
  }

  /** Writes losses of consecutive steps. Call inside a transaction. */
  #writeSteps(id: string, firstStep: number, losses: Float32Array, seq: number): void {
    if (losses.length === 0) return;
    const expected = (this.#queries.stepsDone.get(id) ?? 0) + 1;
    if (firstStep !== expected) throw new Error(`Run ${id}: expected step ${expected}; received ${firstStep}.`);
    const { buffer, byteOffset, byteLength } = losses;
    this.#statements.steps.run({ id, firstStep, losses: new Uint8Array(buffer, byteOffset, byteLength) });
    this.#statements.progress.run({ id, stepsDone: firstStep + losses.length - 1, seq });
  }
}
