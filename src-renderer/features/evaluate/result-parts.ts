import type { TargetSpec } from '../../../src-shared/data/prepared.ts';
import type { MetricValues, OutputResult, TestResult } from '../../../src-shared/training/run/run.ts';
import { isAccuracy, readMetricKey } from '../../terms/metric-keys.ts';

type MetricEntry = readonly [key: string, value: number];

/** A test result for reading: what counts for the whole model, and each target with its output's metrics. */
export interface ResultParts {
  readonly whole: readonly MetricEntry[];
  readonly parts: readonly ResultPart[];
}

export interface ResultPart {
  /** Empty where the model has one target. */
  readonly title: string;
  readonly result: OutputResult | null;
  /** Null where it is not known. */
  readonly target: TargetSpec | null;
  /** Metrics of the output, only with its first target. */
  readonly metrics: readonly MetricEntry[];
}

export function resultParts({ metrics, outputs }: TestResult, targets: readonly TargetSpec[]): ResultParts {
  if (outputs.length <= 1) {
    const [result = null] = outputs;
    const target = targets.find(({ name }) => name === result?.target) ?? targets[0] ?? null;
    return { whole: [], parts: [{ title: '', result, target, metrics: accuracyFirst(metrics) }] };
  }
  const told = new Set<string>();
  const parts = outputs.map((result) => {
    const own = told.has(result.output) ? [] : accuracyFirst(metrics).filter(([key]) => isOf(key, result.output));
    told.add(result.output);
    const target = targets.find(({ name }) => name === result.target) ?? null;
    return { title: `${result.output} · ${result.target}`, result, target, metrics: own };
  });
  const whole = Object.entries(metrics).filter(([key]) => !outputs.some(({ output }) => isOf(key, output)));
  return { whole, parts };
}

function isOf(key: string, output: string): boolean {
  return key.startsWith(`${output}_`) && readMetricKey(key).output === output;
}

/** Accuracy says most, so it comes before the loss. */
function accuracyFirst(metrics: MetricValues): MetricEntry[] {
  return Object.entries(metrics).toSorted(([a], [b]) => Number(isAccuracy(b)) - Number(isAccuracy(a)));
}
