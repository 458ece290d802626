import type { OptimizerOf } from '../../training/optimizers.ts';
import { blend } from './rule.ts';
import type { RuleContext, UpdateRule } from './rule.ts';

/**
 * RMSProp: v ← ρ·v + (1 − ρ)·g², s = η·g / √(v + ε), w ← w − s. Centered, with the running mean
 * ḡ of g: s = η·g / √(v − ḡ² + ε). With momentum: n ← μ·n + s, w ← w − n.
 * Source: T. Tieleman, G. Hinton, Coursera lecture 6.5 (2012); Keras 3 RMSprop.
 */
export function rmsprop(optimizer: OptimizerOf<'rmsprop'>, context: RuleContext): UpdateRule {
  const { rho, momentum, epsilon, centered } = optimizer;
  const { builder: b, learningRate } = context;
  return (weight) => {
    const { gradient } = weight;
    const velocity = weight.slot('velocity');
    const newVelocity = blend(b, rho, velocity.value, b.plain('square', gradient));
    velocity.replace(newVelocity);
    let spread = newVelocity;
    if (centered) {
      const mean = weight.slot('average_gradient');
      const newMean = blend(b, rho, mean.value, gradient);
      mean.replace(newMean);
      spread = b.subtract(newVelocity, b.plain('square', newMean));
    }
    const step = b.divide(b.multiply(learningRate, gradient), b.plain('sqrt', b.add(spread, b.scalar(epsilon))));
    if (momentum === 0) {
      weight.replace(b.subtract(weight.value, step));
      return;
    }
    const kept = weight.slot('momentum');
    const newKept = b.add(b.multiply(b.scalar(momentum), kept.value), step);
    kept.replace(newKept);
    weight.replace(b.subtract(weight.value, newKept));
  };
}
