import type { LossName } from './losses.ts';
import type { MetricName } from './metrics.ts';

/** What losses and metrics are called, in fields and in messages. */

export const lossNames: Readonly<Record<LossName, string>> = {
  auto: 'Automatic',
  meanSquaredError: 'Mean squared error',
  meanAbsoluteError: 'Mean absolute error',
  meanAbsolutePercentageError: 'Mean absolute percentage error',
  meanSquaredLogarithmicError: 'Mean squared logarithmic error',
  huber: 'Huber',
  logCosh: 'Log-cosh',
  binaryCrossentropy: 'Binary cross-entropy',
  categoricalCrossentropy: 'Categorical cross-entropy',
  sparseCategoricalCrossentropy: 'Sparse categorical cross-entropy',
  binaryFocalCrossentropy: 'Binary focal cross-entropy',
  categoricalFocalCrossentropy: 'Categorical focal cross-entropy',
  klDivergence: 'Kullback–Leibler divergence',
  poisson: 'Poisson',
  hinge: 'Hinge',
  squaredHinge: 'Squared hinge',
  categoricalHinge: 'Categorical hinge',
  cosineSimilarity: 'Cosine similarity',
  perceptron: 'Perceptron',
  formula: 'Formula…',
};

export const metricNames: Readonly<Record<MetricName, string>> = {
  accuracy: 'Accuracy',
  binary_accuracy: 'Binary accuracy',
  categorical_accuracy: 'Categorical accuracy',
  sparse_categorical_accuracy: 'Sparse categorical accuracy',
  top_k_categorical_accuracy: 'Top-k accuracy',
  precision: 'Precision',
  recall: 'Recall',
  f1_score: 'F1',
  auc: 'AUC (ROC)',
  pr_auc: 'AUC (precision–recall)',
  mae: 'MAE',
  mse: 'MSE',
  rmse: 'RMSE',
  mape: 'MAPE',
  r2_score: 'R²',
  cosine_similarity: 'Cosine similarity',
};
