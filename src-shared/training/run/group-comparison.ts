import { AppError } from '../../errors/app-error.ts';
import { hasEnded } from './run-state.ts';
import type { RunGroup } from './run-group.ts';
import type { RunSummary } from './run.ts';
import { spreadOf } from './spread.ts';
import type { Spread } from './spread.ts';

export type MemberRun = RunSummary & { readonly group: RunGroup };

/** Metrics to compare, the usual one first. */
const usualMetrics = ['val_accuracy', 'val_loss', 'loss'];

/**
 * The runs that count in a group, in the order in which they were added: of several runs of one variant with one seed the
 * newest, which continues or repeats the others.
 */
export function membersOf(runs: readonly RunSummary[], groupId: string): MemberRun[] {
  const newest = new Map<string, MemberRun>();
  const inGroup = runs.filter((run): run is MemberRun => run.group?.id === groupId);
  for (const run of inGroup.toSorted((a, b) => a.number - b.number)) {
    newest.set(JSON.stringify([run.group.variant, run.group.seed]), run);
  }
  return [...newest.values()];
}

/** As `membersOf`. @throws AppError 'runs/unknown-group'. */
export function requireMembers(runs: readonly RunSummary[], groupId: string): MemberRun[] {
  const members = membersOf(runs, groupId);
  if (members.length > 0) return members;
  throw new AppError('runs/unknown-group', 'This group has no runs; they were deleted. Choose another group.', {
    groupId,
  });
}

/** The results of one variant. */
export interface VariantResult {
  readonly variant: string;
  /** All of its runs. */
  readonly runs: readonly MemberRun[];
  /** Completed runs, whose figures the spread is of. */
  readonly completed: readonly MemberRun[];
  /** Runs that ended without a result: they failed, or were stopped or interrupted. */
  readonly without: readonly MemberRun[];
  /** Of the metric at each run's best epoch; null: no completed run has it. */
  readonly spread: Spread | null;
  /** Training time of the completed runs. */
  readonly durationMs: number;
}

export interface GroupComparison {
  readonly metric: string;
  /** Those that a completed run has, the usual one first. */
  readonly metrics: readonly string[];
  /** In the order of the group. */
  readonly variants: readonly VariantResult[];
}

/**
 * Mean and spread of each variant over its completed runs.
 *
 * @param members Of one group (`membersOf`).
 * @param wanted The metric; absent: validation accuracy or else validation loss or else loss.
 */
export function compareGroup(members: readonly MemberRun[], wanted?: string): GroupComparison {
  const found = new Set(
    members.filter(({ state }) => state === 'completed').flatMap(({ bestMetrics }) => Object.keys(bestMetrics)),
  );
  const usual = usualMetrics.filter((name) => found.has(name));
  const metrics = [...usual, ...[...found].filter((name) => !usualMetrics.includes(name)).sort()];
  const metric = wanted ?? metrics[0] ?? 'loss';
  const byVariant = Map.groupBy(members, ({ group }) => group.variant);
  const variants = [...byVariant].map(([variant, runs]): VariantResult => {
    const completed = runs.filter(({ state }) => state === 'completed');
    return {
      variant,
      runs,
      completed,
      without: runs.filter(({ state }) => hasEnded(state) && state !== 'completed'),
      spread: spreadOf(completed.flatMap(({ bestMetrics }) => bestMetrics[metric] ?? [])),
      durationMs: completed.reduce((sum, run) => sum + (durationMs(run) ?? 0), 0),
    };
  });
  return { metric, metrics, variants };
}

/** How many runs have a result, and what became of the others: '2 of 3, 1 failed'. */
export function runsText({ runs, completed, without }: VariantResult): string {
  const count = completed.length === runs.length ? `${runs.length}` : `${completed.length} of ${runs.length}`;
  const states = Map.groupBy(without, ({ state }) => state);
  return [count, ...[...states].map(([state, those]) => `${those.length} ${state}`)].join(', ');
}

/** Header of the table of variants, without the metric's own formatting. */
export const comparisonHeader = (metric: string): string[] => [
  ...['variant', metric, 'deviation', 'least', 'most', 'runs', 'time'],
];

/**
 * The cells of a variant under `comparisonHeader`. A value that does not exist is empty.
 *
 * @param shown Formats a value of the metric.
 * @param time Formats milliseconds.
 */
export function comparisonCells(
  result: VariantResult,
  shown: (value: number) => string,
  time: (durationMs: number) => string,
): string[] {
  const { spread } = result;
  const values = spread === null ? [] : [spread.mean, spread.deviation, spread.least, spread.most];
  const cells = [0, 1, 2, 3].map((index) => (values[index] == null ? '' : shown(values[index])));
  return [result.variant, ...cells, runsText(result), result.completed.length === 0 ? '' : time(result.durationMs)];
}

/** The table of variants as CSV: all digits, the time in seconds. */
export function comparisonCsv({ metric, variants }: GroupComparison): string {
  const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const lines = [
    comparisonHeader(metric),
    ...variants.map((each) => comparisonCells(each, String, (ms) => String(ms / 1000))),
  ];
  return `${lines.map((cells) => cells.map(quoted).join(',')).join('\n')}\n`;
}

/** Runs of a group that ended before they were completed, and that training can continue or begin again. */
export const unfinishedMembers = (members: readonly MemberRun[]): MemberRun[] =>
  members.filter(({ state }) => state === 'interrupted' || state === 'stopped');

export interface GroupProgress {
  readonly runs: number;
  readonly completed: number;
  readonly failed: number;
  /** Stopped or interrupted: the group can be continued. */
  readonly unfinished: number;
  /** Training, or waiting. */
  readonly active: number;
  /** 0 to 1, of the epochs of all runs; runs that ended have none left. */
  readonly fraction: number;
  /** Null: no epoch of the group has ended, or nothing is left. */
  readonly secondsLeft: number | null;
}

/**
 * @param runsAtOnce Runs that train at the same time.
 * @param now Milliseconds.
 */
export function groupProgress(members: readonly MemberRun[], runsAtOnce: number, now: number): GroupProgress {
  const count = (...states: readonly string[]): number => members.filter(({ state }) => states.includes(state)).length;
  const left = members.filter(({ state }) => !hasEnded(state));
  const epochsLeft = left.reduce((sum, run) => sum + Math.max(0, run.epochs - run.epochsDone), 0);
  const epochs = members.reduce((sum, run) => sum + run.epochs, 0);
  const rate = msPerEpoch(members, now);
  const atOnce = Math.max(1, Math.min(runsAtOnce, left.length));
  return {
    runs: members.length,
    completed: count('completed'),
    failed: count('failed'),
    unfinished: unfinishedMembers(members).length,
    active: left.length,
    fraction: epochs === 0 ? 0 : 1 - epochsLeft / epochs,
    secondsLeft: rate === null || left.length === 0 ? null : (epochsLeft * rate) / atOnce / 1000,
  };
}

/**
 * Mean time of an epoch, with the time before the first one. @param now Milliseconds. @returns Null: no epoch has ended.
 */
export function msPerEpoch(runs: readonly RunSummary[], now: number): number | null {
  let [took, epochs] = [0, 0];
  for (const run of runs) {
    if (run.epochsDone === 0 || run.state === 'interrupted' || run.continuedFrom !== null) continue;
    took += durationMs(run) ?? now - Date.parse(run.createdAt);
    epochs += run.epochsDone;
  }
  return epochs === 0 ? null : took / epochs;
}

/** From creation to end; null while a run trains, or if its end is unknown. */
export function durationMs(run: RunSummary): number | null {
  return run.endedAt === null ? null : Date.parse(run.endedAt) - Date.parse(run.createdAt);
}
