import { z } from 'zod';

/** How a model is trained. Names and defaults are Keras 3's. */

export const optimizerSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('sgd'),
    learningRate: z.number().positive(),
    momentum: z.number().min(0).max(1).default(0),
    nesterov: z.boolean().default(false),
  }),
  z.object({
    kind: z.literal('adam'),
    learningRate: z.number().positive(),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.999),
    epsilon: z.number().positive().default(1e-7),
  }),
]);

export const lossSchema = z.enum([
  /** Chosen from the target: sparse categorical cross-entropy, binary cross-entropy or MSE. */
  'auto',
  'meanSquaredError',
  'binaryCrossentropy',
  'categoricalCrossentropy',
  'sparseCategoricalCrossentropy',
]);

export const metricSchema = z.enum(['accuracy', 'mae', 'mse', 'rmse']);

export const trainingConfigurationSchema = z.object({
  optimizer: optimizerSchema,
  loss: lossSchema,
  /** Keras's keys; empty: chosen from the target (accuracy for classes, mae for numbers). */
  metrics: z.array(metricSchema),
  epochs: z.number().int().min(1).max(1_000_000),
  batchSize: z.number().int().min(1).max(1_000_000),
  shuffle: z.boolean(),
  /** Key of all randomness of the run: initial weights, shuffling, dropout masks. */
  seed: z.number().int().nonnegative().max(0xffffffff),
  engine: z.enum(['auto', 'tensorflow', 'onnx']),
});

export type OptimizerConfiguration = z.infer<typeof optimizerSchema>;
export type LossName = z.infer<typeof lossSchema>;
export type MetricName = z.infer<typeof metricSchema>;
export type TrainingConfiguration = z.infer<typeof trainingConfigurationSchema>;

export const defaultTrainingConfiguration: TrainingConfiguration = {
  optimizer: { kind: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  loss: 'auto',
  metrics: [],
  epochs: 10,
  batchSize: 32,
  shuffle: true,
  seed: 1,
  engine: 'auto',
};
