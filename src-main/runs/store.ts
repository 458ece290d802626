import { randomBytes } from 'node:crypto';
import type { CheckpointKind, Series } from '../../src-shared/contract/contract.ts';
import { AppError } from '../../src-shared/contract/app-error.ts';
import type { RunRecord, RunState, RunSummary, TestResult } from '../../src-shared/training/run.ts';
import { artifactPath, artifactsFolder, deleteArtifact, readArtifact, sweepArtifacts } from './artifacts.ts';
import { copyHistory } from './continue-run.ts';
import { Cores } from './cores.ts';
import { databasePath, openDatabase } from './database.ts';
import type { Database } from './database.ts';
import { decimate } from './decimate.ts';
import { storageError, unknownRun } from './errors.ts';
import { jsonText } from './json-text.ts';
import { endProcess, processIdentity } from './process-identity.ts';
import { checkpointFrom, prepareQueries } from './queries.ts';
import type { Queries } from './queries.ts';
import { epochFrom, recordFrom, summaryFrom } from './records.ts';
import type { SafetensorsContent } from './safetensors.ts';
import { prepareStatements } from './statements.ts';
import type { Statements } from './statements.ts';
import { StepBuffer } from './step-buffer.ts';
import { joinSteps } from './step-losses.ts';
import { isActive } from './types.ts';
import type { Checkpoint, ContinueFrom, Execution, FinishedEpoch, LogLine, NewRun, RunPreparation } from './types.ts';

/** Step losses wait this long for their commit; a power cut loses no more. */
const COMMIT_MS = 250;

type RunError = NonNullable<RunSummary['error']>;

/** An ending that a full disk kept from being written; shown as if it were, and written when possible. */
interface UnwrittenState {
  state: RunState;
  error: RunError | null;
  endedAt: string | null;
}

/**
 * The runs of a project: `runs.sqlite` and the checkpoint files beside it in `artifacts/`.
 *
 * Everything is durable when its method returns, but for `appendSteps` and `log`, whose
 * commits are batched. Methods throw AppError `runs/…`; what was committed stays.
 */
export class RunStore {
  readonly folder: string;
  /** Where checkpoint files are. */
  readonly artifacts: string;
  readonly #database: Database;
  readonly #queries: Queries;
  readonly #statements: Statements;
  readonly #cores: Cores;
  readonly #steps = new StepBuffer();
  readonly #logLines: (LogLine & { id: string })[] = [];
  readonly #unwritten = new Map<string, UnwrittenState>();
  #commitTimer: NodeJS.Timeout | undefined;

  /**
   * Opens or creates a project's history. Runs whose core has died become `interrupted`.
   *
   * @throws AppError 'runs/corrupt' (then `setDatabaseAside` offers a new history), 'runs/newer',
   *   'runs/unwritable', 'runs/disk-full'.
   */
  static open(projectFolder: string): RunStore {
    const database = openDatabase(projectFolder);
    try {
      return new RunStore(projectFolder, database);
    } catch (error) {
      database.close();
      throw storageError(error, projectFolder, databasePath(projectFolder));
    }
  }

  private constructor(folder: string, database: Database) {
    this.folder = folder;
    this.artifacts = artifactsFolder(folder);
    this.#database = database;
    this.#queries = prepareQueries(database);
    this.#statements = prepareStatements(database);
    this.#cores = new Cores(database);
    this.#cores.removeDead();
    this.recover();
    void sweepArtifacts(this.artifacts, (sha256) => this.#isOpen() && this.#isReferenced(sha256));
  }

  /** Ends the use of the store: commits what waits. Active runs of this core become `interrupted` for others. */
  close(): void {
    if (!this.#isOpen()) return;
    try {
      this.flush();
    } finally {
      clearTimeout(this.#commitTimer);
      try {
        this.#cores.leave();
      } finally {
        this.#database.close();
      }
    }
  }

  /** Changes whenever another program has committed to the database. */
  dataVersion(): number {
    return this.#queries.dataVersion();
  }

  // runs

  /** Makes a run in state `preparing`. One that resumes another begins with that one's curves up to its checkpoint. */
  createRun(run: NewRun): RunSummary {
    this.flush();
    const id = this.#write(() => {
      const number = this.#statements.nextNumber.get()!;
      const id = `run-${number}-${randomBytes(3).toString('hex')}`;
      const from = run.continueFrom;
      const source = from === undefined ? null : this.checkpoint(from.runId, from.checkpoint);
      this.#statements.insertRun.run({
        id,
        number,
        name: run.name?.trim() || `run ${number}`,
        createdAt: new Date().toISOString(),
        coreId: this.#cores.id,
        continuedFrom: from?.runId ?? null,
        continuedMode: from?.mode ?? null,
        continuedCheckpoint: from?.checkpoint ?? null,
        model: jsonText(run.model),
        dataset: jsonText(run.dataset),
        configuration: jsonText(run.configuration),
        versions: jsonText(run.versions),
        bestEpoch: null,
        stepsDone: 0,
      });
      if (from?.mode === 'resume' && source !== null) {
        copyHistory(this.#statements, this.#queries, id, from.runId, source);
      }
      return id;
    });
    return this.summary(id);
  }

  /** Records what preparation told; absent parts stay. */
  recordPreparation(id: string, preparation: RunPreparation): RunSummary {
    const text = (value: unknown): string | null => (value === undefined ? null : jsonText(value));
    this.#write(() => {
      this.#statements.prepared.run({
        id,
        featureSpec: text(preparation.featureSpec),
        rowCounts: text(preparation.rowCounts),
        dataFingerprint: preparation.dataFingerprint ?? null,
        engine: preparation.engine ?? null,
        device: preparation.device ?? null,
        versions: jsonText(preparation.versions ?? {}),
        execution: text(preparation.execution),
      });
    });
    return this.summary(id);
  }

  /** Names the process that trains a run, so that others can tell whether it is alive. */
  recordTrainer(id: string, pid: number): void {
    this.#write(() => this.#statements.trainer.run({ id, ...processIdentity(pid) }));
  }

  /**
   * Changes a run's state; final states get the time of their end.
   *
   * @throws AppError 'runs/disk-full': the state is then shown by this core all the same, and written as soon as possible.
   */
  setState(id: string, state: RunState, error: RunError | null = null): RunSummary {
    const endedAt = isActive(state) ? null : new Date().toISOString();
    this.#unwritten.set(id, { state, error, endedAt });
    this.flush();
    return this.summary(id);
  }

  setTest(id: string, test: TestResult): RunSummary {
    this.#write(() => this.#statements.test.run({ id, test: jsonText(test) }));
    return this.summary(id);
  }

  rename(id: string, name: string): RunSummary {
    this.#write(() => this.#statements.rename.run({ id, name: name.trim() }));
    return this.summary(id);
  }

  /** @throws AppError 'runs/active' while the run trains. */
  delete(id: string): void {
    this.recover();
    const { state } = this.summary(id);
    if (isActive(state)) {
      throw new AppError('runs/active', `Run '${id}' is ${state}; stop it before deleting it.`, { runId: id, state });
    }
    const files = this.#queries.checkpoints.all(id).map(({ sha256 }) => sha256);
    this.#steps.remove(id);
    this.#write(() => this.#statements.remove.run({ id }));
    this.#unwritten.delete(id);
    this.#deleteUnreferenced(files);
  }

  // what happens in a run

  /**
   * Keeps the losses of consecutive steps; committed within a quarter of a second.
   *
   * @param firstStep Number of the first of them; the first step of a run is 1.
   * @param seq The event that told them.
   */
  appendSteps(id: string, firstStep: number, losses: Float32Array, seq: number): void {
    if (losses.length === 0) return;
    this.#steps.add(id, firstStep, losses, seq);
    this.#commitLater();
  }

  /** Records epochs and commits all steps before them. */
  recordEpochs(id: string, epochs: readonly FinishedEpoch[], seq: number): void {
    if (epochs.length === 0) return;
    this.#write(() => {
      this.#writeWaiting();
      for (const { record, best } of epochs) {
        const { epoch, metrics, durationMs, stepsPerSecond } = record;
        this.#statements.epoch.run({ id, epoch, metrics: jsonText(metrics), durationMs, stepsPerSecond });
        if (best) this.#statements.best.run({ id, epoch });
      }
      this.#statements.progress.run({ id, stepsDone: 0, seq });
    });
    this.#forgetWritten();
  }

  log(id: string, level: LogLine['level'], message: string): void {
    this.#logLines.push({ id, at: new Date().toISOString(), level, message });
    this.#commitLater();
  }

  /** Records a checkpoint whose file is written, in place of the run's previous one of that kind. */
  recordCheckpoint(id: string, checkpoint: Checkpoint): void {
    const previous = this.#queries.checkpoint.get(id, checkpoint.kind);
    this.#write(() => {
      const { kind, epoch, step, batch, metrics, sha256, sizeBytes } = checkpoint;
      const createdAt = new Date().toISOString();
      const text = jsonText(metrics);
      this.#statements.checkpoint.run({ id, kind, epoch, step, batch, metrics: text, sha256, sizeBytes, createdAt });
    });
    if (previous !== undefined) this.#deleteUnreferenced([previous.sha256]);
  }

  /** Commits what waits. */
  flush(): void {
    if (this.#steps.isEmpty && this.#logLines.length === 0 && this.#unwritten.size === 0) return;
    this.#write(() => this.#writeWaiting());
    this.#forgetWritten();
  }

  // reading

  /** All runs, newest first. */
  list(): RunSummary[] {
    this.recover();
    return this.#read(() => this.#queries.summaries.all()).map((row) => this.#withUnwritten(summaryFrom(row)));
  }

  /** @throws AppError 'runs/unknown'. */
  summary(id: string): RunSummary {
    const row = this.#read(() => this.#queries.summary.get(id));
    if (row === undefined) throw unknownRun(id);
    return this.#withUnwritten(summaryFrom(row));
  }

  /** @throws AppError 'runs/unknown' or 'runs/unreadable'. */
  get(id: string): RunRecord {
    const row = this.#read(() => this.#queries.run.get(id));
    if (row === undefined) throw unknownRun(id);
    return this.#withUnwritten(recordFrom(row, this.#queries.epochs.all(id).map(epochFrom)));
  }

  /**
   * A run by what a person types: its id, the beginning of it, or its number.
   *
   * @throws AppError 'runs/unknown' or 'runs/ambiguous'.
   */
  resolve(text: string): string {
    const byNumber = /^\d+$/.test(text) ? this.#queries.idByNumber.get(Number(text)) : undefined;
    if (byNumber !== undefined) return byNumber.id;
    const [first, second] = this.#queries.idsByPrefix.all(text);
    if (first === undefined || text === '') throw unknownRun(text);
    if (second === undefined || first.id === text) return first.id;
    throw new AppError('runs/ambiguous', `Several runs begin with '${text}'; give more of the id, or the number.`, {
      runId: text,
    });
  }

  /** Step losses with minima and maxima kept, and all epochs. Losses that are not finite are left out. */
  series(id: string, maxPoints: number): Series {
    this.#flushForReading();
    const seq = this.#queries.seq.get(id);
    if (seq === undefined) throw unknownRun(id);
    const { steps, losses } = joinSteps(this.#read(() => this.#queries.steps.all(id)));
    return {
      points: decimate(steps, losses, maxPoints),
      epochs: this.#queries.epochs.all(id).map(epochFrom),
      seq: Math.max(seq, this.#steps.seqOf(id)),
    };
  }

  logLines(id: string): LogLine[] {
    this.#flushForReading();
    return this.#queries.log.all(id);
  }

  /** How a run's steps were carried out; null where that was not decided. */
  executionOf(id: string): Execution | null {
    const text = this.#queries.execution.get(id) ?? null;
    return text === null ? null : (JSON.parse(text) as Execution);
  }

  /** Where a run's first weights came from; null: from the seed. @throws AppError 'runs/unknown'. */
  continuationOf(id: string): ContinueFrom | null {
    const row = this.#read(() => this.#queries.continuation.get(id));
    if (row === undefined) throw unknownRun(id);
    const { runId, mode, checkpoint } = row;
    return runId === null || mode === null || checkpoint === null ? null : { runId, mode, checkpoint };
  }

  checkpoint(id: string, kind: CheckpointKind): Checkpoint | null {
    const row = this.#queries.checkpoint.get(id, kind);
    return row === undefined ? null : checkpointFrom(row);
  }

  /** @throws AppError 'runs/no-checkpoint' where the run has none of that kind. */
  requireCheckpoint(id: string, kind: CheckpointKind): Checkpoint {
    const checkpoint = this.checkpoint(id, kind);
    if (checkpoint !== null) return checkpoint;
    const { number, state } = this.summary(id);
    throw new AppError(
      'runs/no-checkpoint',
      `Run ${number} has no ${kind} checkpoint; it is ${state}. Train until the end of an epoch, or choose another run.`,
      { runId: id, kind },
    );
  }

  checkpointPath(checkpoint: Checkpoint): string {
    return artifactPath(this.artifacts, checkpoint.sha256);
  }

  /** @throws AppError 'runs/no-checkpoint', 'runs/checkpoint-missing' or 'runs/checkpoint-damaged'. */
  loadCheckpoint(id: string, kind: CheckpointKind): Promise<SafetensorsContent> {
    return readArtifact(this.artifacts, this.requireCheckpoint(id, kind).sha256);
  }

  /** True where this core started the run's trainer. */
  owns(id: string): boolean {
    return this.#queries.state.get(id)?.core_id === this.#cores.id;
  }

  /**
   * Marks active runs as `interrupted` whose core is gone, and ends what is left of their trainers.
   * A run that a live core of another window trains is left alone.
   */
  recover(): void {
    if (this.#queries.otherActive.get(this.#cores.id) === 0) return;
    this.#write(() => {
      this.#cores.removeDead();
      for (const orphan of this.#queries.orphans.all()) {
        const { trainer_host: host, trainer_pid: pid, trainer_start: start } = orphan;
        if (host !== null && pid !== null) endProcess({ host, pid, start });
        const message =
          'Lamina ended while this run was training. What was recorded up to then is kept; resume it from its last checkpoint.';
        this.#statements.state.run({
          id: orphan.id,
          state: 'interrupted' satisfies RunState,
          error: jsonText({ code: 'training/core-ended', message } satisfies RunError),
          endedAt: new Date().toISOString(),
        });
      }
    });
  }

  // writing

  #isOpen(): boolean {
    return this.#database.open;
  }

  #write<Result>(action: () => Result): Result {
    return this.#read(() => this.#database.transaction(action).immediate());
  }

  #read<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      throw storageError(error, this.folder, databasePath(this.folder));
    }
  }

  #writeWaiting(): void {
    for (const { runId, firstStep, losses, seq } of this.#steps.chunks()) {
      this.#statements.steps.run({ id: runId, firstStep, losses: new Uint8Array(losses.buffer) });
      this.#statements.progress.run({ id: runId, stepsDone: firstStep + losses.length - 1, seq });
    }
    for (const line of this.#logLines) this.#statements.log.run(line);
    for (const [id, { state, error, endedAt }] of this.#unwritten) {
      this.#statements.state.run({ id, state, error: error === null ? null : jsonText(error), endedAt });
    }
  }

  /** What waited is committed. */
  #forgetWritten(): void {
    this.#steps.clear();
    this.#logLines.length = 0;
    this.#unwritten.clear();
  }

  #commitLater(): void {
    this.#commitTimer ??= setTimeout(() => {
      this.#commitTimer = undefined;
      this.#flushForReading();
    }, COMMIT_MS);
  }

  /** A full disk must not keep a person from looking at runs; the next recorded epoch or state reports it. */
  #flushForReading(): void {
    try {
      this.flush();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }

  #withUnwritten<Summary extends RunSummary>(summary: Summary): Summary {
    const unwritten = this.#unwritten.get(summary.id);
    return unwritten === undefined ? summary : { ...summary, ...unwritten };
  }

  #isReferenced(sha256: string): boolean {
    return (this.#queries.references.get(sha256) ?? 0) > 0;
  }

  #deleteUnreferenced(files: readonly string[]): void {
    for (const sha256 of new Set(files)) if (!this.#isReferenced(sha256)) deleteArtifact(this.artifacts, sha256);
  }
}
