import { metricValuesSchema } from '../../src-shared/training/run/run.ts';
import { activeRunStates, unfinishedRunStates } from '../../src-shared/training/run/run-state.ts';
import type { ContinueFrom, MetricValues } from '../../src-shared/training/run/run.ts';
import type { Database } from './database.ts';
import type { CommandRow, EpochRow, RunRow, SummaryRow } from './records.ts';
import type { Checkpoint, LogLine } from './types.ts';

export interface StepRow {
  first_step: number;
  losses: Uint8Array;
}

export interface CheckpointRow {
  kind: Checkpoint['kind'];
  epoch: number;
  step: number;
  batch: number;
  metrics: string;
  sha256: string;
  size_bytes: number;
}

/** Conditions on `runs`. */
const isIn = (states: readonly string[]): string => `state IN (${states.map((state) => `'${state}'`).join(', ')})`;
const isActive = isIn(activeRunStates);
const isUnfinished = isIn(unfinishedRunStates);

/** Checks each JSON column before it reads it: one damaged row must not make the whole query fail. */
const summaryColumns = `
  r.id, r.number, r.name, r.state, r.created_at, r.ended_at, r.continued_from, r.engine, r.test, r.error,
  r.ended_by, r.best_epoch, r.steps_done,
  iif(json_valid(r.model), json_extract(r.model, '$.name'), NULL) AS model_name,
  iif(json_valid(r.dataset), json_extract(r.dataset, '$.name'), NULL) AS dataset_name,
  EXISTS (
    SELECT 1 FROM json_each(iif(json_valid(r.dataset), r.dataset, '{}'), '$.columns') c
    WHERE iif(c.type = 'object', json_extract(c.value, '$.role') = 'target'
      AND json_extract(c.value, '$.type') = 'numeric' AND json_extract(c.value, '$.scaling') <> 'none', 0)
  ) AS scaled_target,
  iif(json_valid(r.configuration), json_extract(r.configuration, '$.epochs'), NULL) AS epochs,
  iif(json_valid(r.configuration), json_object('earlyStopping', json_extract(r.configuration, '$.earlyStopping'),
    'best', json_extract(r.configuration, '$.best')), NULL) AS monitors,
  (SELECT json_group_array(json(command)) FROM (
     SELECT command FROM run_commands WHERE run_id = r.id AND step BETWEEN r.start_step AND r.steps_done
       AND json_valid(command) AND json_extract(command, '$.kind') = 'set' ORDER BY step, epoch, seq
   )) AS settings,
  (SELECT json_object('id', g.id, 'name', g.name, 'variant', r.group_variant, 'seed', r.group_seed)
   FROM run_groups g WHERE g.id = r.group_id) AS run_group,
  coalesce((SELECT max(epoch) FROM epochs WHERE run_id = r.id), 0) AS epochs_done,
  (SELECT json_object('epoch', epoch, 'step', step, 'batch', batch) FROM checkpoints
   WHERE run_id = r.id AND kind = 'last') AS last_checkpoint,
  (SELECT epoch FROM checkpoints WHERE run_id = r.id AND kind = 'best') AS best_checkpoint_epoch,
  (SELECT metrics FROM epochs WHERE run_id = r.id ORDER BY epoch DESC LIMIT 1) AS last_metrics,
  (SELECT metrics FROM epochs WHERE run_id = r.id AND epoch = r.best_epoch) AS best_metrics`;

/** The prepared statements that read the database. */
export function prepareQueries(database: Database) {
  return {
    summaries: database.prepare<[], SummaryRow>(`SELECT ${summaryColumns} FROM runs r ORDER BY r.number DESC`),
    summary: database.prepare<[string], SummaryRow>(`SELECT ${summaryColumns} FROM runs r WHERE r.id = ?`),
    run: database.prepare<[string], RunRow & SummaryRow>(`SELECT r.*, ${summaryColumns} FROM runs r WHERE r.id = ?`),
    idByNumber: database.prepare<[number], { id: string }>('SELECT id FROM runs WHERE number = ?'),
    idsByPrefix: database.prepare<[string], { id: string }>('SELECT id FROM runs WHERE instr(id, ?) = 1'),
    state: database.prepare<[string], { state: string; core_id: string | null }>(
      'SELECT state, core_id FROM runs WHERE id = ?',
    ),
    /** Active and queued runs whose core is no longer in the table of cores. */
    orphans: database.prepare<
      [],
      {
        id: string;
        state: string;
        trainer_host: string | null;
        trainer_pid: number | null;
        trainer_start: string | null;
      }
    >(
      `SELECT id, state, trainer_host, trainer_pid, trainer_start FROM runs
       WHERE ${isUnfinished} AND core_id NOT IN (SELECT id FROM cores)`,
    ),
    otherUnfinished: database
      .prepare<[string], number>(`SELECT count(*) FROM runs WHERE ${isUnfinished} AND core_id <> ?`)
      .pluck(),
    epochs: database.prepare<[string], EpochRow>(
      'SELECT epoch, metrics, duration_ms, steps_per_second FROM epochs WHERE run_id = ? ORDER BY epoch',
    ),
    steps: database.prepare<[string], StepRow>(
      'SELECT first_step, losses FROM step_losses WHERE run_id = ? ORDER BY first_step',
    ),
    stepsDone: database.prepare<[string], number>('SELECT steps_done FROM runs WHERE id = ?').pluck(),
    seq: database.prepare<[string], number>('SELECT seq FROM runs WHERE id = ?').pluck(),
    execution: database.prepare<[string], string | null>('SELECT execution FROM runs WHERE id = ?').pluck(),
    continuation: database.prepare<[string], { [Name in keyof ContinueFrom]: ContinueFrom[Name] | null }>(
      `SELECT continued_from AS runId, continued_mode AS mode, continued_checkpoint AS checkpoint
       FROM runs WHERE id = ?`,
    ),
    commands: database.prepare<[string], CommandRow>(
      'SELECT seq, step, epoch, at, command FROM run_commands WHERE run_id = ? ORDER BY step, epoch, seq',
    ),
    refusals: database.prepare<[string], { seq: number; command: string }>(
      'SELECT seq, command FROM refused_commands WHERE run_id = ? ORDER BY seq',
    ),
    nextCommand: database
      .prepare<[string], number>('SELECT coalesce(max(seq), 0) + 1 FROM run_commands WHERE run_id = ?')
      .pluck(),
    startStep: database.prepare<[string], number>('SELECT start_step FROM runs WHERE id = ?').pluck(),
    log: database.prepare<[string], LogLine>('SELECT at, level, message FROM log_lines WHERE run_id = ? ORDER BY id'),
    checkpoint: database.prepare<[string, string], CheckpointRow>(
      'SELECT * FROM checkpoints WHERE run_id = ? AND kind = ?',
    ),
    checkpoints: database.prepare<[string], CheckpointRow>('SELECT * FROM checkpoints WHERE run_id = ?'),
    startArtifact: database.prepare<[string], string | null>('SELECT start_artifact FROM runs WHERE id = ?').pluck(),
    /** Files that a run owns besides its checkpoints. */
    owned: database.prepare<[string], string>('SELECT sha256 FROM artifact_owners WHERE run_id = ?').pluck(),
    /** Start time of the oldest active run; null if none is active. */
    activeSince: database.prepare<[], string | null>(`SELECT min(created_at) FROM runs WHERE ${isActive}`).pluck(),
    /** Number of runs that another machine trains or has trained since a time. */
    trainedElsewhere: database
      .prepare<[host: string, since: string], number>(
        'SELECT count(*) FROM runs WHERE trainer_host <> ? AND (ended_at IS NULL OR ended_at > ?)',
      )
      .pluck(),
    dataVersion: (): number => Number(database.pragma('data_version', { simple: true })),
  };
}

export type Queries = ReturnType<typeof prepareQueries>;

/** @returns Null if the row does not name a checkpoint file. */
export function checkpointFrom(row: CheckpointRow): Checkpoint | null {
  if (!isSha256(row.sha256)) return null;
  return {
    kind: row.kind,
    epoch: row.epoch,
    step: row.step,
    batch: row.batch,
    metrics: metricsFrom(row.metrics),
    sha256: row.sha256,
    sizeBytes: row.size_bytes,
  };
}

/** Whether a text is a content hash. It names a file, and other text could name a file outside the project. */
export const isSha256 = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** Metrics are only displayed; a checkpoint with damaged metrics can still be used. */
function metricsFrom(text: string): MetricValues {
  try {
    return metricValuesSchema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
