import type { ValueId } from '../../program/types.ts';
import type { OptimizerOf } from '../../training/optimizers.ts';
import { blend } from './rule.ts';
import type { RuleContext, UpdateRule } from './rule.ts';

/**
 * AdaDelta, steps in the weight's own unit: a ← ρ·a + (1 − ρ)·g², δ = −√(d + ε) / √(a + ε)·g,
 * d ← ρ·d + (1 − ρ)·δ², w ← w + η·δ.
 * Source: M. D. Zeiler, arXiv:1212.5701; Keras 3 Adadelta.
 */
export function adadelta({ rho, epsilon }: OptimizerOf<'adadelta'>, context: RuleContext): UpdateRule {
  const { builder: b, learningRate } = context;
  const rms = (mean: ValueId): ValueId => b.plain('sqrt', b.add(mean, b.scalar(epsilon)));
  return (weight) => {
    const gradients = weight.slot('accumulated_grad');
    const deltas = weight.slot('accumulated_delta_var');
    const newGradients = blend(b, rho, gradients.value, b.plain('square', weight.gradient));
    const delta = b.divide(b.multiply(rms(deltas.value), weight.gradient), rms(newGradients));
    weight.replace(b.subtract(weight.value, b.multiply(learningRate, delta)));
    gradients.replace(newGradients);
    deltas.replace(blend(b, rho, deltas.value, b.plain('square', delta)));
  };
}
