import type { EpochRecord, RunSummary } from '../../../src-shared/training/run/run.ts';
import type { CurveMarks, CurveRun } from '../../slots/feature.ts';
import type { ChartFlag } from '../../ui/charts/chart-flags.ts';
import type { ChartMark, ChartSeries } from '../../ui/charts/chart-series.ts';
import { decimate, type Point } from '../../ui/charts/decimate.ts';
import { formatPercent, formatWithUnit } from '../../ui/format/numbers.ts';
import { runColourIndex } from '../../ui/charts/run-colours.ts';
import type { CommandWords } from '../../terms/command-words.ts';
import { isAccuracy, isError, isRate, metricWord, readMetricKey } from '../../terms/metric-keys.ts';

/** One chart: the loss, or a metric. */
export interface Curve {
  /** Keras's key: 'loss', 'accuracy'. */
  readonly metric: string;
  /** 'accuracy', 'validation MAE (scaled)'. */
  readonly title: string;
  readonly series: readonly ChartSeries[];
  readonly marks: readonly ChartMark[];
}

/** Points of one line: lowest and highest for each pixel or two of a chart, so that no spike is lost. */
const DRAWN_POINTS = 1_000;

/**
 * 'val_mae' → 'validation MAE', 'main_loss' → 'main loss'.
 * @param scaled True where targets are scaled: of errors the label says so.
 */
export function metricLabel(metric: string, scaled = false): string {
  const { validation, output, name } = readMetricKey(metric);
  const parts = [validation ? 'validation' : '', output, metricWord(name), scaled && isError(metric) ? '(scaled)' : ''];
  return parts.filter((part) => part !== '').join(' ');
}

/** A metric's value as a person reads it: accuracy in percent, others with four digits and their unit. */
export function formatMetric(metric: string, value: number, unit?: string): string {
  return isAccuracy(metric) ? formatPercent(value, 2) : formatWithUnit(value, unit);
}

/** The metric whose best value makes the best epoch. */
export function decidesBest({ bestBy }: Pick<RunSummary, 'bestBy'>, metrics: Readonly<Record<string, number>>): string {
  return bestBy ?? ('val_loss' in metrics ? 'val_loss' : 'loss');
}

/** 'loss' first, then the metrics in the order in which they first occur. */
export function metricsOf(runs: readonly CurveRun[]): string[] {
  const names = new Set(['loss']);
  for (const { epochs } of runs) {
    for (const name of Object.keys(epochs.at(-1)?.metrics ?? {})) if (!name.startsWith('val_')) names.add(name);
  }
  return [...names];
}

/**
 * Optimizer updates in an epoch, from what is known of a run.
 * @param trainRows Rows of the train split; @param batchSize of the configuration.
 */
export function stepsPerEpochOf(known: {
  totalSteps?: number | undefined;
  epochs: number;
  epochsDone: number;
  stepsDone: number;
  completed: boolean;
  trainRows?: number | undefined;
  batchSize?: number | undefined;
}): number | null {
  if (known.trainRows !== undefined && known.batchSize !== undefined)
    return Math.ceil(known.trainRows / known.batchSize);
  if (known.totalSteps !== undefined && known.totalSteps > 0) return known.totalSteps / known.epochs;
  if (known.completed && known.epochsDone > 0 && known.stepsDone > 0) return known.stepsDone / known.epochsDone;
  return null;
}

/** Charts of one run: the loss with single steps, each metric with train (dashed) and validation (solid). */
export function curvesOfRun(shown: CurveRun, marks: readonly CurveMarks[]): Curve[] {
  const colour = runColourIndex(shown.run.number);
  return metricsOf([shown]).map((metric) => {
    const title = metricLabel(metric, shown.run.scaledTarget);
    const series: ChartSeries[] = [];
    if (metric === 'loss' && shown.stepsPerEpoch !== null && shown.points.length > 0) {
      const perEpoch = shown.stepsPerEpoch;
      const points = decimate(shown.points, DRAWN_POINTS).map(([step, loss]): Point => [step / perEpoch, loss]);
      const endLabel = shown.epochs.length === 0;
      series.push({ id: 'step', label: 'each step', colour, stroke: 'thin', points, endLabel });
    }
    const train = epochPoints(shown.epochs, metric);
    if (isRate(metric)) {
      const points = train;
      return {
        metric,
        title,
        series: [{ id: 'rate', label: title, colour, stroke: 'solid', points }],
        marks: [],
      };
    }
    const validation = epochPoints(shown.epochs, `val_${metric}`);
    if (train.length > 0) series.push({ id: 'train', label: 'train', colour, stroke: 'dashed', points: train });
    if (validation.length > 0) {
      series.push({ id: 'validation', label: 'validation', colour, stroke: 'solid', points: validation });
    }
    const drawn = validation.length > 0 ? `val_${metric}` : metric;
    return { metric, title, series, marks: marks.flatMap((marksOf) => marksOf(shown, drawn)) };
  });
}

/** Charts of several runs: the validation curve of each if it has one, otherwise the training curve. */
export function curvesOfRuns(runs: readonly CurveRun[]): Curve[] {
  return metricsOf(runs).map((metric) => {
    const lines = runs.flatMap(({ run, epochs }) => {
      const validation = epochPoints(epochs, `val_${metric}`);
      const points = validation.length > 0 ? validation : epochPoints(epochs, metric);
      return points.length === 0 ? [] : [{ run, points, validated: validation.length > 0 }];
    });
    const validated = lines.filter((line) => line.validated).length;
    const scaled = lines.some(({ run }) => run.scaledTarget);
    const split = validated > 0 || isRate(metric) ? '' : ', train';
    return {
      metric,
      title: `${metricLabel(validated > 0 ? `val_${metric}` : metric, scaled)}${split}`,
      marks: [],
      series: lines.map(({ run, points, validated: onValidation }): ChartSeries => ({
        id: run.id,
        // Where most are of validation, a run without it says so.
        label: `run ${run.number}${validated > 0 && !onValidation ? ', train' : ''}`,
        colour: runColourIndex(run.number),
        stroke: onValidation || isRate(metric) ? 'solid' : 'dashed',
        points,
      })),
    };
  });
}

function epochPoints(epochs: readonly EpochRecord[], metric: string): readonly Point[] {
  const points: Point[] = [];
  for (const { epoch, metrics } of epochs) {
    const value = metrics[metric];
    if (value !== undefined && Number.isFinite(value)) points.push([epoch, value]);
  }
  return decimate(points, DRAWN_POINTS);
}

/** The best epoch, at the metric's value there; marked even where its point was decimated away. */
export const bestEpochMark: CurveMarks = ({ run, epochs }, metric) => {
  if (run.bestEpoch === null || epochs.length < 2) return [];
  const value = epochs.find(({ epoch }) => epoch === run.bestEpoch)?.metrics[metric];
  if (value === undefined || !Number.isFinite(value)) return [];
  const decisive = decidesBest(run, epochs.at(-1)!.metrics);
  const by = metric === decisive ? '' : ` by ${metricLabel(decisive)}`;
  const colour = runColourIndex(run.number);
  return [{ x: run.bestEpoch, y: value, label: `best${by}: epoch ${run.bestEpoch}`, colour }];
};

/** The epoch at which early stopping ended the run. */
export const earlyEndMark: CurveMarks = ({ run, epochs }, metric) => {
  const last = epochs.at(-1);
  const value = last?.metrics[metric];
  if (run.endedBy === null || last === undefined || value === undefined || !Number.isFinite(value)) return [];
  return [{ x: last.epoch, y: value, label: `ended early: epoch ${last.epoch}`, colour: runColourIndex(run.number) }];
};

/**
 * Flags of the commands that a run applied, at their steps. While the number of steps per epoch is unknown, a flag
 * is at the number of complete epochs.
 */
export function flagsOf(commands: readonly CommandWords[], stepsPerEpoch: number | null): ChartFlag[] {
  return commands.map(({ recorded: { step, epoch }, words, freezes }) => ({
    x: stepsPerEpoch === null ? epoch : step / stepsPerEpoch,
    label: words,
    tone: freezes ? 'ice' : 'neutral',
  }));
}
