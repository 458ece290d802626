import type { OptimizerOf } from '../../training/configuration/optimizers.ts';
import { blend, memory, momentumOr } from './rule-context.ts';
import type { RuleContext, UpdateRule } from './rule-context.ts';

/**
 * Lion: w ← w − η·sign(β₁·m + (1 − β₁)·g), m ← β₂·m + (1 − β₂)·g.
 * Source: X. Chen et al., arXiv:2302.06675; Keras 3 Lion.
 */
export function lion({ beta1, beta2 }: OptimizerOf<'lion'>, context: RuleContext): UpdateRule {
  const { builder: b } = context;
  const first = momentumOr(context, beta1);
  const second = memory(b, beta2);
  return (weight) => {
    const m = weight.slot('momentum');
    const direction = b.plain('sign', blend(b, first, m.value, weight.gradient));
    weight.replace(b.subtract(weight.value, b.multiply(weight.learningRate, direction)));
    m.replace(blend(b, second, m.value, weight.gradient));
  };
}
