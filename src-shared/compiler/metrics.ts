import type { TargetSpec } from '../dataset/prepared.ts';
import type { ProgramBuilder } from '../program/builder.ts';
import type { ValueId } from '../program/types.ts';
import type { MetricName } from '../training/configuration.ts';
import type { MetricPlan } from './compiled.ts';
import { floatTargets, logitsOf } from './losses.ts';

/** Metrics asked for, or where none are: accuracy for classes, mean absolute error for numbers. */
export function resolveMetrics(metrics: readonly MetricName[], target: TargetSpec): readonly MetricName[] {
  if (metrics.length > 0) return [...new Set(metrics)];
  return target.kind === 'classes' ? ['accuracy'] : ['mae'];
}

/** Where each metric's [sum, count] lies in the report, after the loss. */
export function planMetrics(metrics: readonly MetricName[]): MetricPlan[] {
  return metrics.map((name, index) => ({
    name,
    offset: 1 + 2 * index,
    length: 2,
    finalize: ([sum = Number.NaN, count = Number.NaN]) => (name === 'rmse' ? Math.sqrt(sum / count) : sum / count),
  }));
}

/** A metric's value for each example, float32 [N]: what the report sums. */
export function emitMetric(b: ProgramBuilder, name: MetricName, prediction: ValueId, y: ValueId): ValueId {
  switch (name) {
    case 'accuracy':
      return b.cast(correct(b, prediction, y), 'float32');
    case 'mae':
      return b.reduceMean(b.plain('abs', b.subtract(prediction, floatTargets(b, prediction, y))), [1]);
    case 'mse':
    case 'rmse':
      return b.reduceMean(b.plain('square', b.subtract(prediction, floatTargets(b, prediction, y))), [1]);
  }
}

/** One unit: above one half means class 1. More: the largest is the class; largest logit and probability are the same. */
function correct(b: ProgramBuilder, prediction: ValueId, y: ValueId): ValueId {
  if (b.shapeOf(prediction).at(-1) === 1) {
    const chosen = b.cast(b.plain('greater', prediction, b.scalar(0.5)), 'float32');
    return b.plain('equal', b.reshape(chosen, [null]), b.reshape(b.cast(y, 'float32'), [null]));
  }
  const chosen = b.argMax(logitsOf(b, prediction, 'softmax') ?? prediction, 1);
  return b.plain('equal', chosen, b.reshape(y, [null]));
}
