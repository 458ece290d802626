import type { Series } from '../../src-shared/contract/run-results.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { isSettings, runCommandSchema } from '../../src-shared/training/commands/run-command.ts';
import type { RecordedSettings, RunCommand } from '../../src-shared/training/commands/run-command.ts';
import type { CheckpointKind, ContinueFrom, RunRecord, RunSummary } from '../../src-shared/training/run/run.ts';
import type { Access } from './access.ts';
import { artifactsFolder } from './artifacts.ts';
import { decimate } from './decimate.ts';
import { unknownRun } from './errors.ts';
import type { HistoryIdentity } from './history-place.ts';
import type { PendingWrites } from './pending-writes.ts';
import { checkpointFrom } from './queries.ts';
import type { Queries } from './queries.ts';
import { commandsFrom, epochsFrom, parsed, recordFrom, summaryFrom } from './records.ts';
import { joinSteps } from './step-losses.ts';
import { executionFrom, logLevelSchema } from './types.ts';
import type { Checkpoint, Execution, LogLine } from './types.ts';

/** Reads the runs of a project, including states and log lines of this core that are not committed yet. */
export abstract class RunReading {
  readonly folder: string;
  /** Folder of the checkpoint files. */
  readonly artifacts: string;
  readonly #access: Access;
  readonly #queries: Queries;
  readonly #pending: PendingWrites;

  constructor(folder: string, access: Access, queries: Queries, pending: PendingWrites) {
    this.folder = folder;
    this.artifacts = artifactsFolder(folder);
    this.#access = access;
    this.#queries = queries;
    this.#pending = pending;
  }

  /** Error of every write if the project cannot be written; otherwise null. */
  get readOnly(): AppError | null {
    return this.#access.readOnly;
  }

  /** Identifies the run history while this program has it open; null for a project that cannot be written. */
  get identity(): HistoryIdentity | null {
    return this.#access.identity;
  }

  /** @throws AppError 'runs/moved' if the project's folder was renamed, removed or replaced since it was opened. */
  requireInPlace(): void {
    this.#access.requireInPlace();
  }

  /** Marks active runs whose core has ended as `interrupted`. */
  abstract recover(): void;

  /** Changes whenever another program has committed to the database. */
  dataVersion(): number {
    return this.#queries.dataVersion();
  }

  /** All runs, newest first. */
  list(): RunSummary[] {
    this.recover();
    return this.#access
      .read(() => this.#queries.summaries.all())
      .map((row) => this.#pending.withState(summaryFrom(row)));
  }

  /** @throws AppError 'runs/unknown'. */
  summary(id: string): RunSummary {
    const row = this.#access.read(() => this.#queries.summary.get(id));
    if (row === undefined) throw unknownRun(id);
    return this.#pending.withState(summaryFrom(row));
  }

  /** @throws AppError 'runs/unknown' or 'runs/unreadable'. */
  get(id: string): RunRecord {
    const row = this.#access.read(() => this.#queries.run.get(id));
    if (row === undefined) throw unknownRun(id);
    const warnings = this.logLines(id)
      .filter(({ level }) => level === 'warning')
      .map(({ message }) => message);
    const rows = this.#access.read(() => this.#queries.epochs.all(id));
    const epochs = epochsFrom(rows);
    const commands = commandsFrom(this.#access.read(() => this.#queries.commands.all(id)));
    return this.#pending.withState(recordFrom(row, epochs, rows.length - epochs.length, warnings, commands));
  }

  /**
   * The id of a run from a person's input: the id, its beginning, or the run's number.
   *
   * @throws AppError 'runs/unknown' or 'runs/ambiguous'.
   */
  resolve(text: string): string {
    const byNumber = /^\d+$/.test(text) ? this.#queries.idByNumber.get(Number(text)) : undefined;
    if (byNumber !== undefined) return byNumber.id;
    const [first, second] = this.#queries.idsByPrefix.all(text);
    if (first === undefined || text === '') throw unknownRun(text);
    if (second === undefined || first.id === text) return first.id;
    throw new AppError('runs/ambiguous', `Several runs begin with '${text}'; enter more of the id, or the number.`, {
      runId: text,
    });
  }

  /** At most `maxPoints` step losses with their minima and maxima, and all epochs. Omits losses that are not finite. */
  series(id: string, maxPoints: number): Series {
    const seq = this.#queries.seq.get(id);
    if (seq === undefined) throw unknownRun(id);
    const { steps, losses } = joinSteps(this.#access.read(() => this.#queries.steps.all(id)));
    const epochs = epochsFrom(this.#queries.epochs.all(id));
    return { points: decimate(steps, losses, maxPoints), epochs, seq };
  }

  logLines(id: string): LogLine[] {
    this.#pending.flushForReading();
    return this.#queries.log
      .all(id)
      .map((line) => (logLevelSchema.safeParse(line.level).success ? line : { ...line, level: 'info' }));
  }

  /** The commands that changed settings of a run since its start, in order. */
  settingsOf(id: string): RecordedSettings[] {
    const start = this.#queries.startStep.get(id) ?? 0;
    return commandsFrom(this.#access.read(() => this.#queries.commands.all(id)))
      .filter(isSettings)
      .filter(({ step }) => step >= start);
  }

  /** Order of the run's next command. */
  nextCommand(id: string): number {
    return this.#access.read(() => this.#queries.nextCommand.get(id)!);
  }

  /** Commands that the trainer of a run has refused. */
  refusals(id: string): { seq: number; command: RunCommand }[] {
    return this.#access
      .read(() => this.#queries.refusals.all(id))
      .flatMap(({ seq, command }) => {
        const { success, data } = runCommandSchema.safeParse(parsed(command));
        return success ? [{ seq, command: data }] : [];
      });
  }

  /** A run's execution settings; null if they were not measured. */
  executionOf(id: string): Execution | null {
    return executionFrom(this.#queries.execution.get(id) ?? null);
  }

  /** The checkpoint of a run's first weights; null if the seed initialized them. @throws AppError 'runs/unknown'. */
  continuationOf(id: string): ContinueFrom | null {
    const row = this.#access.read(() => this.#queries.continuation.get(id));
    if (row === undefined) throw unknownRun(id);
    const { runId, mode, checkpoint } = row;
    if (runId === null || checkpoint === null || (mode !== 'resume' && mode !== 'weights')) return null;
    return { runId, mode, checkpoint };
  }

  /** The file of a run's first weights; null: the seed, or the checkpoint that it resumed. */
  startArtifactOf(id: string): string | null {
    return this.#queries.startArtifact.get(id) ?? null;
  }

  checkpoint(id: string, kind: CheckpointKind): Checkpoint | null {
    const row = this.#queries.checkpoint.get(id, kind);
    return row === undefined ? null : checkpointFrom(row);
  }

  /** @throws AppError 'runs/no-checkpoint' if the run has none of that kind. */
  requireCheckpoint(id: string, kind: CheckpointKind): Checkpoint {
    const checkpoint = this.checkpoint(id, kind);
    if (checkpoint !== null) return checkpoint;
    const { number, state, lastCheckpoint } = this.summary(id);
    const remedy =
      lastCheckpoint === null ? `Start it again ('lamina train --repeat ${number}')` : 'Use its last weights';
    throw new AppError(
      'runs/no-checkpoint',
      `Run ${number} has no ${kind} checkpoint; it is ${state}. ${remedy}, or choose another run.`,
      { runId: id, kind },
    );
  }
}
