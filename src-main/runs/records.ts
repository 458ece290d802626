import { modelOfThisVersion } from '../../src-shared/document/migrations.ts';
import type { RunSummary, RunRecord, EpochRecord, MetricValues } from '../../src-shared/training/run.ts';
import { runRecordSchema, runSummarySchema } from '../../src-shared/training/run.ts';
import { AppError } from '../../src-shared/contract/app-error.ts';
import { issuesText } from '../../src-shared/text/issue-text.ts';
import { parseJson } from '../../src-shared/text/parse-json.ts';

/** A row of `runs` as SQLite gives it. JSON columns are text. */
export interface RunRow {
  id: string;
  number: number;
  name: string;
  state: string;
  created_at: string;
  ended_at: string | null;
  core_id: string | null;
  trainer_host: string | null;
  trainer_pid: number | null;
  trainer_start: string | null;
  continued_from: string | null;
  continued_mode: string | null;
  continued_checkpoint: string | null;
  model: string;
  dataset: string;
  configuration: string;
  feature_spec: string | null;
  row_counts: string | null;
  data_fingerprint: string | null;
  data_record: string | null;
  versions: string;
  engine: string | null;
  device: string | null;
  execution: string | null;
  test: string | null;
  error: string | null;
  best_epoch: number | null;
  steps_done: number;
  seq: number;
}

/** A row for the list: names and numbers taken out of the JSON columns by SQLite. */
export interface SummaryRow {
  id: string;
  number: number;
  name: string;
  state: string;
  created_at: string;
  ended_at: string | null;
  continued_from: string | null;
  engine: string | null;
  test: string | null;
  error: string | null;
  best_epoch: number | null;
  last_checkpoint: string | null;
  best_checkpoint_epoch: number | null;
  steps_done: number;
  model_name: string;
  dataset_name: string;
  scaled_target: number;
  epochs: number;
  epochs_done: number;
  last_metrics: string | null;
  best_metrics: string | null;
}

export interface EpochRow {
  epoch: number;
  metrics: string;
  duration_ms: number;
  steps_per_second: number;
}

const parsed = (text: string | null): unknown => (text === null ? null : parseJson(text));

export const epochFrom = (row: EpochRow): EpochRecord => ({
  epoch: row.epoch,
  metrics: JSON.parse(row.metrics) as MetricValues,
  durationMs: row.duration_ms,
  stepsPerSecond: row.steps_per_second,
});

function summaryFields(row: SummaryRow): Record<keyof RunSummary, unknown> {
  return {
    id: row.id,
    number: row.number,
    name: row.name,
    state: row.state,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    modelName: row.model_name,
    datasetName: row.dataset_name,
    scaledTarget: row.scaled_target === 1,
    engine: row.engine,
    epochs: row.epochs,
    epochsDone: row.epochs_done,
    stepsDone: row.steps_done,
    bestEpoch: row.best_epoch,
    lastCheckpoint: parsed(row.last_checkpoint),
    bestCheckpointEpoch: row.best_checkpoint_epoch,
    lastMetrics: parsed(row.last_metrics) ?? {},
    bestMetrics: parsed(row.best_metrics) ?? {},
    test: parsed(row.test),
    error: parsed(row.error),
    continuedFrom: row.continued_from,
  };
}

export const summaryFrom = (row: SummaryRow): RunSummary => runSummarySchema.parse(summaryFields(row));

/** @throws AppError 'runs/unreadable' where a part of the record does not fit its schema. */
export function recordFrom(
  row: RunRow & SummaryRow,
  epochs: readonly EpochRecord[],
  warnings: readonly string[],
): RunRecord {
  const unreadable = (reason: string): AppError =>
    new AppError(
      'runs/unreadable',
      `The record of run ${row.number} cannot be read: ${reason}. It may have been written by another version of Lamina; open it with that one.`,
      { runId: row.id },
    );
  let documents: { model: unknown; dataset: unknown; configuration: unknown };
  try {
    const { model, dataset, configuration } = row;
    documents = { model: parsed(model), dataset: parsed(dataset), configuration: parsed(configuration) };
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : String(error));
  }
  const fields = {
    ...summaryFields(row),
    ...documents,
    model: modelOfThisVersion(documents.model),
    dataFingerprint: row.data_fingerprint,
    dataRecord: parsed(row.data_record),
    featureSpec: parsed(row.feature_spec),
    rowCounts: parsed(row.row_counts),
    versions: parsed(row.versions),
    device: row.device,
    epochRecords: epochs,
    warnings,
    continuedCheckpoint: row.continued_checkpoint,
  };
  const result = runRecordSchema.safeParse(fields);
  if (result.success) return result.data;
  throw unreadable(issuesText(result.error, fields, 1));
}
