import type { EngineName } from '../../src-shared/training/run.ts';
import type { LossName, MetricName } from '../../src-shared/training/configuration.ts';

/** The field's terms in one line, with their formula, for tooltips. */

export const engineNames: Readonly<Record<EngineName, string>> = { tensorflow: 'TensorFlow', onnx: 'ONNX Runtime' };

export const lossNames: Readonly<Record<LossName, string>> = {
  auto: 'Automatic',
  meanSquaredError: 'Mean squared error',
  binaryCrossentropy: 'Binary cross-entropy',
  categoricalCrossentropy: 'Categorical cross-entropy',
  sparseCategoricalCrossentropy: 'Sparse categorical cross-entropy',
};

export const metricNames: Readonly<Record<MetricName, string>> = {
  accuracy: 'Accuracy',
  mae: 'MAE',
  mse: 'MSE',
  rmse: 'RMSE',
};

export const terms = {
  optimizer:
    'How weights follow the gradient g.\nSGD: w ← w − η·g.\nAdam: a step of its own for each weight, from running means of g and g².',
  learningRate: 'Size η of each step.\nToo large: the loss jumps or becomes NaN. Too small: it hardly falls.',
  loss: 'What training makes small.\nMSE: mean of (y − ŷ)².\nCross-entropy: mean of −log p(true class).',
  metrics:
    'Figures to read, not to train on.\nAccuracy: share of right classes. MAE: mean |y − ŷ|. MSE: mean (y − ŷ)². RMSE: √MSE.',
  epochs: 'Passes over all training rows.',
  batchSize: 'Rows in one step.\nSteps in an epoch = ⌈rows / batch size⌉',
  shuffle: 'A new order of the training rows in each epoch, drawn from the seed.',
  seed: 'Key of all randomness: first weights, order of rows, dropout.\nThe same seed gives the same run.',
  engine: 'What computes. Automatic takes the fastest that is ready.',
} as const;
