import { z } from 'zod';
import { earlyStoppingSchema } from '../callbacks/early-stopping.ts';
import { monitorSchema } from '../callbacks/monitor.ts';
import { lossSchema } from './losses.ts';
import { metricSchema } from './metrics.ts';
import { optimizerSchema } from './optimizers.ts';
import { epochsOf, MOST_EPOCHS, phasesSchema } from './phases.ts';
import { scheduleSchema } from '../schedules/schedule.ts';

/** How a model is trained. Names and defaults are Keras 3's. */

/**
 * How much examples of each class count in the loss of training: all alike; 'balanced', rows / (classes · rows
 * of the class), counted on training rows; or numbers by class name, classes that are not named counting 1.
 */
export const classWeightsSchema = z.union([
  z.enum(['none', 'balanced']),
  z.record(z.string(), z.number().min(0).max(1e6)),
]);

/** Settings of one Output; absent ones are those of the configuration. */
export const outputConfigurationSchema = z.object({
  loss: lossSchema.optional(),
  /** Factor of this output's loss in the total loss; 1 where absent. */
  lossWeight: z.number().min(0).max(1e6).optional(),
  metrics: z.array(metricSchema).optional(),
  classWeights: classWeightsSchema.optional(),
});

const fieldsSchema = z.object({
  optimizer: optimizerSchema,
  /** How the learning rate changes over the run. */
  schedule: scheduleSchema.default({ kind: 'constant', unit: 'step' }),
  loss: lossSchema,
  /** Keras's keys; empty: chosen from the target (accuracy for classes, mae for numbers). */
  metrics: z.array(metricSchema),
  classWeights: classWeightsSchema.default('none'),
  /** By name of the Output layer. */
  outputs: z.record(z.string(), outputConfigurationSchema).default({}),
  /** Where there are phases, their epochs in all. */
  epochs: z.number().int().min(1).max(MOST_EPOCHS),
  /** Absent: learning rate and frozen layers change only by commands. */
  phases: phasesSchema.optional(),
  batchSize: z.number().int().min(1).max(1_000_000),
  shuffle: z.boolean(),
  /** Absent: every epoch is trained. */
  earlyStopping: earlyStoppingSchema.optional(),
  /** The metric that decides the best checkpoint; absent: that of early stopping, else the validation loss. */
  best: monitorSchema.optional(),
  /** Key of all randomness of the run: initial weights, shuffling, dropout masks. */
  seed: z.number().int().nonnegative().max(0xffffffff),
  engine: z.enum(['auto', 'tensorflow', 'onnx']),
  /** Whether the outputs of frozen layers are computed once, where that saves time. Absent: true. */
  cachedFeatures: z.boolean().optional(),
  /**
   * How many random variants of each image are computed once, where layers that change images at random are below frozen
   * ones; epochs take them in turn. Absent: such layers end what is computed once.
   */
  cachedVariants: z.number().int().min(1).max(1000).optional(),
});

export const trainingConfigurationSchema = fieldsSchema.overwrite((configuration) =>
  configuration.phases === undefined ? configuration : { ...configuration, epochs: epochsOf(configuration.phases) },
);

export type { OptimizerConfiguration } from './optimizers.ts';
export type { LossName } from './losses.ts';
export type { MetricName } from './metrics.ts';
export type ClassWeights = z.infer<typeof classWeightsSchema>;
export type OutputConfiguration = z.infer<typeof outputConfigurationSchema>;
export type TrainingConfiguration = z.infer<typeof trainingConfigurationSchema>;

export const defaultTrainingConfiguration: TrainingConfiguration = {
  optimizer: { kind: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  schedule: { kind: 'constant', unit: 'step' },
  loss: 'auto',
  metrics: [],
  classWeights: 'none',
  outputs: {},
  epochs: 10,
  batchSize: 32,
  shuffle: true,
  seed: 1,
  engine: 'auto',
};
