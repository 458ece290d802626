import type { ValueId } from '../../program/language/types.ts';
import type { OptimizerOf } from '../../training/configuration/optimizers.ts';
import { blend, memory } from './rule-context.ts';
import type { RuleContext, UpdateRule } from './rule-context.ts';

/**
 * AdaGrad: a ← a + g², w ← w − η·g / √(a + ε).
 * Source: J. Duchi et al., JMLR 12 (2011); Keras 3 Adagrad.
 */
export function adagrad(optimizer: OptimizerOf<'adagrad'>, context: RuleContext): UpdateRule {
  const { builder: b } = context;
  const { initialAccumulatorValue, epsilon } = optimizer;
  return (weight) => {
    const sum = weight.slot('accumulator', initialAccumulatorValue);
    const newSum = b.add(sum.value, b.plain('square', weight.gradient));
    const divisor = b.plain('sqrt', b.add(newSum, b.scalar(epsilon)));
    weight.replace(b.subtract(weight.value, b.divide(b.multiply(weight.learningRate, weight.gradient), divisor)));
    sum.replace(newSum);
  };
}

/**
 * AdaDelta: a ← ρ·a + (1 − ρ)·g², δ = −√(d + ε) / √(a + ε)·g,
 * d ← ρ·d + (1 − ρ)·δ², w ← w + η·δ.
 * Source: M. D. Zeiler, arXiv:1212.5701; Keras 3 Adadelta.
 */
export function adadelta({ rho, epsilon }: OptimizerOf<'adadelta'>, context: RuleContext): UpdateRule {
  const { builder: b } = context;
  const kept = memory(b, rho);
  const rms = (mean: ValueId): ValueId => b.plain('sqrt', b.add(mean, b.scalar(epsilon)));
  return (weight) => {
    const gradients = weight.slot('accumulated_grad');
    const deltas = weight.slot('accumulated_delta_var');
    const newGradients = blend(b, kept, gradients.value, b.plain('square', weight.gradient));
    const delta = b.divide(b.multiply(rms(deltas.value), weight.gradient), rms(newGradients));
    weight.replace(b.subtract(weight.value, b.multiply(weight.learningRate, delta)));
    gradients.replace(newGradients);
    deltas.replace(blend(b, kept, deltas.value, b.plain('square', delta)));
  };
}
