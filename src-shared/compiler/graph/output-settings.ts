import type { ClassWeights, TrainingConfiguration } from '../../training/configuration/configuration.ts';
import type { LossConfiguration } from '../../training/configuration/losses.ts';
import type { MetricConfiguration } from '../../training/configuration/metrics.ts';

/** Loss, metrics and weights of one Output. */
export interface OutputSettings {
  readonly loss: LossConfiguration;
  /** Factor of its loss in the total loss. */
  readonly lossWeight: number;
  readonly metrics: readonly MetricConfiguration[];
  readonly classWeights: ClassWeights;
}

/** What a model is checked with: losses and metrics of a configuration, and the phases that name its layers. */
export type Goals = Pick<TrainingConfiguration, 'loss' | 'metrics'> &
  Partial<Pick<TrainingConfiguration, 'classWeights' | 'outputs' | 'phases'>>;

/** Settings of the Output of this name; those it does not have are the configuration's. */
export function outputSettings(goals: Goals, name: string): OutputSettings {
  const { outputs = {} } = goals;
  const own = Object.hasOwn(outputs, name) ? outputs[name]! : {};
  return {
    loss: own.loss ?? goals.loss,
    lossWeight: own.lossWeight ?? 1,
    metrics: own.metrics ?? goals.metrics,
    classWeights: own.classWeights ?? goals.classWeights ?? 'none',
  };
}
