import { SELU_ALPHA, SELU_SCALE } from '../../program/language/selu.ts';
import type { ActivationName } from './named-activations.ts';

const hardSigmoid = 'clip(x / 6 + 0.5, 0, 1)';

/** Each named activation written as a formula of x: to draw it, and to begin one of one's own. */
export const activationFormulas: Readonly<Record<ActivationName, string>> = {
  linear: 'x',
  relu: 'relu(x)',
  relu6: 'min(relu(x), 6)',
  leakyRelu: 'where(x > 0, x, 0.2 * x)',
  elu: 'where(x > 0, x, exp(x) - 1)',
  selu: `${SELU_SCALE} * where(x > 0, x, ${SELU_ALPHA} * (exp(x) - 1))`,
  gelu: '0.5 * x * (1 + erf(x / sqrt(2)))',
  geluApproximate: '0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))',
  silu: 'x * sigmoid(x)',
  mish: 'x * tanh(softplus(x))',
  softplus: 'softplus(x)',
  softsign: 'x / (1 + abs(x))',
  sigmoid: 'sigmoid(x)',
  hardSigmoid,
  hardSilu: `x * ${hardSigmoid}`,
  tanh: 'tanh(x)',
  exponential: 'exp(x)',
  step: 'x >= 0',
  softmax: 'softmax(x)',
  logSoftmax: 'logSoftmax(x)',
};
