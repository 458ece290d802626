import type { OptimizerOf } from '../../training/configuration/optimizers.ts';
import { momentumOr, towards } from './rule.ts';
import type { RuleContext, UpdateRule } from './rule.ts';

/**
 * AdaMax, Adam with the infinity norm of gradients:
 * m ← β₁·m + (1 − β₁)·g, u ← max(β₂·u, |g|), w ← w − η·m / ((1 − β₁ᵗ)·(u + ε)).
 * Source: D. P. Kingma, J. Ba, arXiv:1412.6980, section 7.1; Keras 3 Adamax.
 */
export function adamax({ beta1, beta2, epsilon }: OptimizerOf<'adamax'>, context: RuleContext): UpdateRule {
  const { builder: b, updateNumber } = context;
  const first = momentumOr(context, beta1);
  const correction = b.subtract(b.scalar(1), b.plain('power', first.kept, updateNumber));
  return (weight) => {
    const m = weight.slot('momentum');
    const u = weight.slot('norm');
    const newM = towards(b, m.value, weight.gradient, first);
    const newU = b.plain('maximum', b.multiply(b.scalar(beta2), u.value), b.plain('abs', weight.gradient));
    const divisor = b.multiply(correction, b.add(newU, b.scalar(epsilon)));
    weight.replace(b.subtract(weight.value, b.divide(b.multiply(weight.learningRate, newM), divisor)));
    m.replace(newM);
    u.replace(newU);
  };
}
