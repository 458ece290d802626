import type { OptimizerOf } from '../../training/optimizers.ts';
import { towards } from './rule.ts';
import type { RuleContext, UpdateRule } from './rule.ts';

/**
 * Adam: m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², w ← w − α·m / (√v + ε) with
 * α = η·√(1 − β₂ᵗ) / (1 − β₁ᵗ). AMSGrad takes the largest v so far. AdamW is the same
 * with weight decay.
 * Source: D. P. Kingma, J. Ba, arXiv:1412.6980; S. Reddi et al., arXiv:1904.09237; Keras 3 Adam, AdamW.
 */
export function adam(optimizer: OptimizerOf<'adam' | 'adamw'>, context: RuleContext): UpdateRule {
  const { beta1, beta2, epsilon, amsgrad = false } = optimizer;
  const { builder: b, learningRate, updateNumber } = context;
  // As Keras, powers are taken of the step, so they do not drift and need no state.
  const beta1Power = b.plain('power', b.scalar(beta1), updateNumber);
  const beta2Power = b.plain('power', b.scalar(beta2), updateNumber);
  return (weight) => {
    const m = weight.slot('momentum');
    const v = weight.slot('velocity');
    if (!amsgrad) {
      const inputs = [weight.value, m.value, v.value, learningRate, beta1Power, beta2Power, weight.gradient];
      const [newWeight, newM, newV] = b.op('applyAdam', inputs, { beta1, beta2, epsilon });
      weight.replace(newWeight);
      m.replace(newM!);
      v.replace(newV!);
      return;
    }
    const largest = weight.slot('velocity_hat');
    const newM = towards(b, m.value, weight.gradient, 1 - beta1);
    const newV = towards(b, v.value, b.plain('square', weight.gradient), 1 - beta2);
    const newLargest = b.plain('maximum', largest.value, newV);
    const one = b.scalar(1);
    const correction = b.divide(b.plain('sqrt', b.subtract(one, beta2Power)), b.subtract(one, beta1Power));
    const change = b.divide(
      b.multiply(newM, b.multiply(learningRate, correction)),
      b.add(b.plain('sqrt', newLargest), b.scalar(epsilon)),
    );
    weight.replace(b.subtract(weight.value, change));
    m.replace(newM);
    v.replace(newV);
    largest.replace(newLargest);
  };
}
