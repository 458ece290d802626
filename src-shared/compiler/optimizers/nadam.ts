import type { ValueId } from '../../program/language/types.ts';
import type { OptimizerOf } from '../../training/configuration/optimizers.ts';
import { memory, momentumOr, towards } from './rule.ts';
import type { RuleContext, UpdateRule } from './rule.ts';

/** Decay of the momentum schedule towards β₁. */
const DECAY = 0.96;

/**
 * Nadam, Adam with Nesterov momentum. With u(t) = β₁·(1 − 0.96ᵗ / 2) and its product U(t):
 * m̂ = u(t + 1)·m / (1 − U(t)·u(t + 1)) + (1 − u(t))·g / (1 − U(t)), v̂ = v / (1 − β₂ᵗ),
 * w ← w − η·m̂ / (√v̂ + ε).
 * Source: T. Dozat, Incorporating Nesterov Momentum into Adam (2016); Keras 3 Nadam.
 */
export function nadam({ beta1, beta2, epsilon }: OptimizerOf<'nadam'>, context: RuleContext): UpdateRule {
  const { builder: b, updateNumber } = context;
  const first = momentumOr(context, beta1);
  const second = memory(b, beta2);
  const one = b.scalar(1);
  const momentumAt = (time: ValueId): ValueId => {
    const half = b.multiply(b.scalar(0.5), b.plain('power', b.scalar(DECAY), time));
    return b.multiply(first.kept, b.subtract(one, half));
  };
  const now = momentumAt(updateNumber);
  const next = momentumAt(b.add(updateNumber, one));
  const product = context.shared('u_product', 1);
  const newProduct = b.multiply(product.value, now);
  product.replace(newProduct);
  const meanFactor = b.divide(next, b.subtract(one, b.multiply(newProduct, next)));
  const gradientFactor = b.divide(b.subtract(one, now), b.subtract(one, newProduct));
  const correction = b.subtract(one, b.plain('power', second.kept, updateNumber));
  return (weight) => {
    const m = weight.slot('momentum');
    const v = weight.slot('velocity');
    const newM = towards(b, m.value, weight.gradient, first);
    const newV = towards(b, v.value, b.plain('square', weight.gradient), second);
    const mean = b.add(b.multiply(meanFactor, newM), b.multiply(gradientFactor, weight.gradient));
    const divisor = b.add(b.plain('sqrt', b.divide(newV, correction)), b.scalar(epsilon));
    weight.replace(b.subtract(weight.value, b.divide(b.multiply(mean, weight.learningRate), divisor)));
    m.replace(newM);
    v.replace(newV);
  };
}
