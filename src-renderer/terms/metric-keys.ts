import { metricNames } from '../../src-shared/training/configuration/goal-names.ts';
import { metricDirections } from '../../src-shared/training/configuration/metrics.ts';
import type { MetricName } from '../../src-shared/training/configuration/metrics.ts';

/** A key of Keras read: 'val_main_accuracy' is the accuracy of the output 'main' on validation rows. */
export interface MetricKey {
  readonly validation: boolean;
  /** Empty where a model has one output. */
  readonly output: string;
  /** 'loss', a metric's name, or what follows the split where it is none that is known. */
  readonly name: string;
}

/** What a schedule gave the epoch's last step, as Keras calls it. */
const RATES = ['learning_rate', 'momentum'];

const KNOWN = ['loss', ...RATES, ...Object.keys(metricNames)].sort((a, b) => b.length - a.length);

export function readMetricKey(key: string): MetricKey {
  const validation = key.startsWith('val_');
  const rest = validation ? key.slice('val_'.length) : key;
  const name = KNOWN.find((known) => rest === known || rest.endsWith(`_${known}`)) ?? rest;
  return { validation, output: rest.slice(0, Math.max(0, rest.length - name.length - 1)), name };
}

/** A metric's name inside a sentence: 'top-k accuracy', 'MAE'. */
export function metricWord(name: string): string {
  if (name === 'learning_rate') return 'learning rate';
  const called = Object.hasOwn(metricNames, name) ? metricNames[name as MetricName] : name;
  return /^[A-Z][a-z-]/.test(called) ? called.charAt(0).toLowerCase() + called.slice(1) : called;
}

/** True where more is better. */
export function higherIsBetter(key: string): boolean {
  const { name } = readMetricKey(key);
  return Object.hasOwn(metricDirections, name) && metricDirections[name as MetricName] === 'max';
}

/** True for shares of right examples, which people read in percent. */
export function isAccuracy(key: string): boolean {
  return readMetricKey(key).name.endsWith('accuracy');
}

/** True for errors whose size is in the target's unit, or in that of its scale. */
export function isError(key: string): boolean {
  return ['mae', 'mse', 'rmse', 'mape'].includes(readMetricKey(key).name);
}

/** True for what a schedule sets, which is neither good nor bad. */
export function isRate(key: string): boolean {
  return RATES.includes(key);
}

/** A figure of a run with its key: { metric: 'val_accuracy', value: 0.97 }. */
export interface Figure {
  readonly metric: string;
  readonly value: number;
  readonly unit?: string | undefined;
}

/** The main figure: accuracy, otherwise another metric, otherwise the loss; of validation if there is one. */
export function mainFigure(metrics: Readonly<Record<string, number>>): Figure | null {
  const names = Object.keys(metrics).filter((name) => !isRate(name));
  const isLoss = (name: string): boolean => readMetricKey(name).name === 'loss';
  const metric =
    names.find((name) => name.startsWith('val_') && isAccuracy(name)) ??
    names.find(isAccuracy) ??
    names.find((name) => name.startsWith('val_') && !isLoss(name)) ??
    names.find((name) => name === 'val_loss') ??
    names.find((name) => !isLoss(name)) ??
    names[0];
  const value = metric === undefined ? undefined : metrics[metric];
  return metric === undefined || value === undefined ? null : { metric, value };
}
