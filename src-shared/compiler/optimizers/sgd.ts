import type { OptimizerOf } from '../../training/optimizers.ts';
import type { RuleContext, UpdateRule } from './rule.ts';

/**
 * Gradient descent: w ← w − η·g. With momentum: v ← μ·v − η·g, w ← w + v; Nesterov's
 * w ← w + μ·v − η·g.
 * Source: Keras 3 SGD.
 */
export function sgd({ momentum, nesterov }: OptimizerOf<'sgd'>, context: RuleContext): UpdateRule {
  const { builder: b, learningRate } = context;
  return (weight) => {
    if (momentum === 0) {
      weight.replace(b.plain('applyGradientDescent', weight.value, learningRate, weight.gradient));
      return;
    }
    const velocity = weight.slot('momentum');
    const inputs = [weight.value, velocity.value, learningRate, b.scalar(momentum), weight.gradient];
    const [newWeight, newVelocity] = b.op('applyMomentum', inputs, { nesterov });
    weight.replace(newWeight);
    velocity.replace(newVelocity!);
  };
}
