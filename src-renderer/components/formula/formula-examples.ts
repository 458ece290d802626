/** A formula that can be picked, and what it is called. */
export interface FormulaExample {
  readonly name: string;
  readonly formula: string;
}

export const activationExamples: readonly FormulaExample[] = [
  { name: 'Swish', formula: 'x * sigmoid(x)' },
  { name: 'Squared ReLU', formula: 'relu(x)^2' },
  { name: 'Bent identity', formula: '(sqrt(x^2 + 1) - 1) / 2 + x' },
  { name: 'Gaussian', formula: 'exp(-x^2)' },
  { name: 'Sine', formula: 'sin(x)' },
  { name: 'Snake', formula: 'x + sin(x)^2' },
  { name: 'Leaky ReLU, slope 0.1', formula: 'where(x > 0, x, 0.1 * x)' },
  { name: 'Scaled exponential', formula: '1.05 * where(x > 0, x, 1.67 * (exp(x) - 1))' },
];

export const lossExamples: readonly FormulaExample[] = [
  { name: 'Squared error', formula: '(y_true - y_pred)^2' },
  { name: 'Huber', formula: 'where(abs(y_true - y_pred) <= 1, 0.5 * (y_true - y_pred)^2, abs(y_true - y_pred) - 0.5)' },
  { name: 'Quantile 0.9', formula: 'max(0.9 * (y_true - y_pred), -0.1 * (y_true - y_pred))' },
  { name: 'Log-cosh', formula: 'softplus(2 * (y_pred - y_true)) - (y_pred - y_true) - log(2)' },
  { name: 'Charbonnier', formula: 'sqrt((y_true - y_pred)^2 + 1e-6)' },
  {
    name: 'Binary cross-entropy',
    formula: '-(y_true * log(clip(y_pred, 1e-7, 1)) + (1 - y_true) * log(clip(1 - y_pred, 1e-7, 1)))',
  },
];

export const metricExamples: readonly FormulaExample[] = [
  { name: 'Within 0.5', formula: 'abs(y_true - y_pred) < 0.5' },
  { name: 'Bias', formula: 'y_pred - y_true' },
  { name: 'Largest error', formula: 'max(abs(y_true - y_pred))' },
  { name: 'Right class', formula: 'sum(y_true * (y_pred == max(y_pred)))' },
];

export const scheduleExamples: readonly FormulaExample[] = [
  { name: 'To a tenth', formula: 'initial * 0.1^(epoch / epochs)' },
  { name: 'A line to 0', formula: 'initial * (1 - step / total_steps)' },
  { name: 'Inverse root', formula: 'initial / sqrt(1 + step / 100)' },
  {
    name: 'Warm-up, then inverse root',
    formula: 'initial * min((step + 1) / 400, sqrt(400 / (step + 1)))',
  },
  { name: 'Triangles', formula: 'initial * (0.1 + 0.9 * abs(1 - 2 * (step % 200) / 200))' },
  { name: 'Half from epoch 10 on', formula: 'where(epoch < 10, initial, initial / 2)' },
];

export const layerExamples: readonly FormulaExample[] = [
  { name: 'Weighted sum (alpha)', formula: 'alpha * a + (1 - alpha) * b' },
  { name: 'Gate', formula: 'a * sigmoid(b)' },
  { name: 'Difference and product', formula: 'abs(a - b) + a * b' },
  { name: 'Swish with beta', formula: 'a * sigmoid(beta * a)' },
  { name: 'Centred on its mean', formula: 'a - mean(a)' },
  { name: 'Unit length', formula: 'a / sqrt(sum(a^2) + 1e-12)' },
];
