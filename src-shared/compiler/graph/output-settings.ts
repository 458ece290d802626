import type { ClassWeights, TrainingConfiguration } from '../../training/configuration/configuration.ts';
import type { LossConfiguration } from '../../training/configuration/losses.ts';
import type { MetricConfiguration } from '../../training/configuration/metrics.ts';

/** How one Output is trained and measured. */
export interface OutputSettings {
  readonly loss: LossConfiguration;
  /** Factor of its loss in the total loss. */
  readonly lossWeight: number;
  readonly metrics: readonly MetricConfiguration[];
  readonly classWeights: ClassWeights;
}

/** The part of a configuration that says what a model is trained for. */
export type Goals = Pick<TrainingConfiguration, 'loss' | 'metrics'> &
  Partial<Pick<TrainingConfiguration, 'classWeights' | 'outputs'>>;

/** What the configuration says of the Output of this name; what it does not say of it alone, it says of all. */
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
