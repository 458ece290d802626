import { specOfThisVersion } from '../../src-shared/data/prepared.ts';
import { datasetOfThisVersion } from '../../src-shared/data/parse.ts';
import { modelOfThisVersion } from '../../src-shared/document/reading/migrations.ts';
import type { ModelWeights } from '../../src-shared/document/schema/model-document.ts';
import type { z } from 'zod';
import { recordedCommandSchema, runCommandSchema } from '../../src-shared/training/commands/run-command.ts';
import type { RecordedCommand, SettingsPatch } from '../../src-shared/training/commands/run-command.ts';
import type { RunSummary, RunRecord, EpochRecord } from '../../src-shared/training/run/run.ts';
import { epochRecordSchema, runRecordSchema, runSummarySchema } from '../../src-shared/training/run/run.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { issuesText } from '../../src-shared/text/issue-text.ts';
import { parseJson } from '../../src-shared/text/parse-json.ts';
import { executionFrom } from './types.ts';

/** A row of the table `runs`. JSON columns are text. */
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
  start_artifact: string | null;
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
  freezing: string | null;
  test: string | null;
  error: string | null;
  ended_by: string | null;
  best_epoch: number | null;
  steps_done: number;
  start_step: number;
  seq: number;
}

/** A row of the run list: SQLite extracts names and numbers from the JSON columns. */
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
  ended_by: string | null;
  /** JSON: what the configuration says of early stopping and the best checkpoint. */
  monitors: string | null;
  best_epoch: number | null;
  last_checkpoint: string | null;
  best_checkpoint_epoch: number | null;
  steps_done: number;
  model_name: string;
  dataset_name: string;
  scaled_target: number;
  epochs: number;
  /** JSON: the commands that changed settings. */
  settings: string | null;
  epochs_done: number;
  /** JSON: the group's id and name, with the run's variant and seed; null: none. */
  run_group: string | null;
  last_metrics: string | null;
  best_metrics: string | null;
}

export interface CommandRow {
  seq: number;
  step: number;
  epoch: number;
  at: string;
  command: string;
}

export interface EpochRow {
  epoch: number;
  metrics: string;
  duration_ms: number;
  steps_per_second: number;
}

/** Parses JSON. Other text is returned unchanged; the schemas of JSON columns reject it. */
export function parsed(text: string | null): unknown {
  if (text === null) return null;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** The epochs that can be read; damaged rows are skipped. */
export const epochsFrom = (rows: readonly EpochRow[]): EpochRecord[] =>
  rows.flatMap((row) => {
    const result = epochRecordSchema.safeParse({
      epoch: row.epoch,
      metrics: parsed(row.metrics),
      durationMs: row.duration_ms,
      stepsPerSecond: row.steps_per_second,
    });
    return result.success ? [result.data] : [];
  });

/** The commands that can be read; damaged rows are skipped. */
export const commandsFrom = (rows: readonly CommandRow[]): RecordedCommand[] =>
  rows.flatMap((row) => {
    const result = recordedCommandSchema.safeParse({ ...row, command: parsed(row.command) });
    return result.success ? [result.data] : [];
  });

/** Settings that commands have changed. */
function settingsFrom(text: string | null): SettingsPatch {
  const commands = parsed(text);
  const patches = (Array.isArray(commands) ? commands : []).map((command) => {
    const { success, data } = runCommandSchema.safeParse(command);
    return success && data.kind === 'set' ? data.patch : {};
  });
  return Object.assign({}, ...patches);
}

/** What decides the best epoch and may end the run. */
function monitorsFrom(
  text: string | null,
  { patience }: SettingsPatch,
): Pick<Record<keyof RunSummary, unknown>, 'earlyStopping' | 'bestBy'> {
  const { best, earlyStopping } = (parsed(text) ?? {}) as {
    best?: { monitor?: unknown } | null;
    earlyStopping?: { monitor?: unknown } | null;
  };
  const changed = patience === undefined ? {} : { patience };
  return {
    earlyStopping: earlyStopping ? { ...earlyStopping, ...changed } : null,
    bestBy: best?.monitor ?? earlyStopping?.monitor ?? null,
  };
}

function summaryFields(row: SummaryRow): Record<keyof RunSummary, unknown> {
  const settings = settingsFrom(row.settings);
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
    epochs: settings.epochs ?? row.epochs,
    epochsDone: row.epochs_done,
    stepsDone: row.steps_done,
    endedBy: row.ended_by,
    ...monitorsFrom(row.monitors, settings),
    bestEpoch: row.best_epoch,
    lastCheckpoint: parsed(row.last_checkpoint),
    bestCheckpointEpoch: row.best_checkpoint_epoch,
    lastMetrics: parsed(row.last_metrics) ?? {},
    bestMetrics: parsed(row.best_metrics) ?? {},
    test: parsed(row.test),
    error: parsed(row.error),
    continuedFrom: row.continued_from,
    group: parsed(row.run_group),
    unreadable: null,
  };
}

/** Default values for parts of a run that cannot be read. The documents have none. */
const summaryDefaults = {
  id: '',
  number: 1,
  name: '?',
  state: 'failed',
  createdAt: '',
  endedAt: null,
  modelName: '?',
  datasetName: '?',
  scaledTarget: false,
  engine: null,
  epochs: 0,
  epochsDone: 0,
  stepsDone: 0,
  endedBy: null,
  earlyStopping: null,
  bestBy: null,
  bestEpoch: null,
  lastCheckpoint: null,
  bestCheckpointEpoch: null,
  lastMetrics: {},
  bestMetrics: {},
  test: null,
  error: null,
  continuedFrom: null,
  group: null,
  unreadable: null,
} satisfies RunSummary;
const recordDefaults = {
  ...summaryDefaults,
  dataFingerprint: null,
  dataRecord: null,
  featureSpec: null,
  rowCounts: null,
  versions: {},
  device: null,
  freezing: null,
  cachedFeatures: null,
  epochRecords: [],
  warnings: [],
  start: { kind: 'seed' },
  commands: [],
  startStep: 0,
} satisfies Omit<RunRecord, 'model' | 'dataset' | 'configuration'>;

/** A run with default values for parts that cannot be read. */
export function summaryFrom(row: SummaryRow): RunSummary {
  const fields = summaryFields(row);
  const result = runSummarySchema.safeParse(fields);
  if (result.success) return result.data;
  const readable = readableParts(runSummarySchema.shape, fields, summaryDefaults);
  return { ...summaryDefaults, ...readable, unreadable: unreadableText(row.number, result.error, fields) };
}

/**
 * @param lostEpochs Number of epochs that cannot be read.
 * @throws AppError 'runs/unreadable' if the run's model, data set or configuration cannot be read.
 */
export function recordFrom(
  row: RunRow & SummaryRow,
  epochs: readonly EpochRecord[],
  lostEpochs: number,
  warnings: readonly string[],
  commands: readonly RecordedCommand[],
): RunRecord {
  const spec = specFrom(row);
  const fields = {
    ...summaryFields(row),
    model: modelFrom(row.model),
    dataset: datasetOfThisVersion(parsed(row.dataset)),
    configuration: parsed(row.configuration),
    dataFingerprint: row.data_fingerprint,
    dataRecord: parsed(row.data_record),
    featureSpec: spec.value,
    rowCounts: parsed(row.row_counts),
    versions: parsed(row.versions),
    device: row.device,
    freezing: parsed(row.freezing),
    cachedFeatures: executionFrom(row.execution)?.cachedFeatures ?? null,
    epochRecords: epochs,
    warnings,
    start: startFrom(row),
    commands,
    startStep: row.start_step,
  };
  const lost = lostEpochs === 0 ? null : `${lostEpochs} epochs of run ${row.number} cannot be read.`;
  const whole = runRecordSchema.safeParse(fields);
  const known = [lost, spec.problem].filter((part) => part !== null);
  if (whole.success) return { ...whole.data, unreadable: known.length === 0 ? null : known.join(' ') };
  const readable = readableParts(runRecordSchema.shape, fields, recordDefaults);
  const record = { ...recordDefaults, ...readable };
  const text = [...known, unreadableText(row.number, whole.error, fields)];
  const result = runRecordSchema.safeParse({ ...record, unreadable: text.join(' ') });
  if (result.success) return result.data;
  throw new AppError(
    'runs/unreadable',
    `The record of run ${row.number} cannot be read: ${issuesText(result.error, fields, 1)}. Another version of Lamina may have written it; open the project with that version.`,
    { runId: row.id },
  );
}

/** Where the run's first weights came from. */
function startFrom(row: RunRow): Record<string, unknown> {
  const { continued_from: runId, continued_mode: mode, continued_checkpoint: checkpoint, start_artifact: file } = row;
  if (runId !== null && checkpoint !== null) {
    return { kind: 'run', runId, mode, checkpoint, ...(file === null ? {} : { artifact: file }) };
  }
  if (file === null) return { kind: 'seed' };
  const named = (parsed(row.model) as { weights?: Partial<ModelWeights> } | null)?.weights;
  const label = named?.artifact === file ? named.label : undefined;
  return { kind: 'weights', artifact: file, label: label ?? `weights ${file.slice(0, 12)}` };
}

/** Migrates a model document. If that fails, the schema reports the error. */
function modelFrom(text: string): unknown {
  const value = parsed(text);
  try {
    return modelOfThisVersion(value);
  } catch {
    return value;
  }
}

/** The recorded feature spec, and why one of a newer version is not read. */
function specFrom({ number, feature_spec: text }: RunRow): { value: unknown; problem: string | null } {
  try {
    return { value: specOfThisVersion(parsed(text), `The feature spec of run ${number}`), problem: null };
  } catch (error) {
    return { value: null, problem: AppError.from(error).message };
  }
}

/** The fields without those that have a default and do not match their schema. */
function readableParts(
  shape: Readonly<Record<string, z.ZodType>>,
  fields: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const unreadable = Object.keys(defaults).filter((name) => !shape[name]!.safeParse(fields[name]).success);
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !unreadable.includes(name)));
}

function unreadableText(number: number, error: z.ZodError, fields: unknown): string {
  return `The record of run ${number} is damaged: ${issuesText(error, fields, 3)}. These parts are not shown. Another program may have changed the record, or another version of Lamina may have written it.`;
}
