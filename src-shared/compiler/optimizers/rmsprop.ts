import type { OptimizerOf } from '../../training/configuration/optimizers.ts';
import { blend, memory, momentumOr } from './rule-context.ts';
import type { RuleContext, UpdateRule } from './rule-context.ts';

/**
 * RMSProp: v ← ρ·v + (1 − ρ)·g², s = η·g / √(v + ε), w ← w − s. Centered, with the running mean
 * ḡ of g: s = η·g / √(v − ḡ² + ε). With momentum: n ← μ·n + s, w ← w − n.
 * Source: T. Tieleman, G. Hinton, Coursera lecture 6.5 (2012); Keras 3 RMSprop.
 */
export function rmsprop(optimizer: OptimizerOf<'rmsprop'>, context: RuleContext): UpdateRule {
  const { rho, momentum, epsilon, centered } = optimizer;
  const { builder: b } = context;
  const kept = memory(b, rho);
  return (weight) => {
    const { gradient } = weight;
    const velocity = weight.slot('velocity');
    const newVelocity = blend(b, kept, velocity.value, b.plain('square', gradient));
    velocity.replace(newVelocity);
    let spread = newVelocity;
    if (centered) {
      const mean = weight.slot('average_gradient');
      const newMean = blend(b, kept, mean.value, gradient);
      mean.replace(newMean);
      spread = b.subtract(newVelocity, b.plain('square', newMean));
    }
    const step = b.divide(b.multiply(weight.learningRate, gradient), b.plain('sqrt', b.add(spread, b.scalar(epsilon))));
    if (momentum === 0 && context.momentum === null) {
      weight.replace(b.subtract(weight.value, step));
      return;
    }
    const impulse = weight.slot('momentum');
    const newImpulse = b.add(b.multiply(momentumOr(context, momentum).kept, impulse.value), step);
    impulse.replace(newImpulse);
    weight.replace(b.subtract(weight.value, newImpulse));
  };
}
