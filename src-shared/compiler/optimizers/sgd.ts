import type { OptimizerOf } from '../../training/configuration/optimizers.ts';
import { momentumOr } from './rule-context.ts';
import type { RuleContext, UpdateRule } from './rule-context.ts';

/**
 * Gradient descent: w ← w − η·g. With momentum: v ← μ·v − η·g, w ← w + v. With Nesterov
 * momentum: w ← w + μ·v − η·g.
 * Source: Keras 3 SGD.
 */
export function sgd({ momentum, nesterov }: OptimizerOf<'sgd'>, context: RuleContext): UpdateRule {
  const { builder: b } = context;
  return (weight) => {
    const { learningRate } = weight;
    if (momentum === 0 && context.momentum === null) {
      weight.replace(b.plain('applyGradientDescent', weight.value, learningRate, weight.gradient));
      return;
    }
    const velocity = weight.slot('momentum');
    const { kept } = momentumOr(context, momentum);
    const inputs = [weight.value, velocity.value, learningRate, kept, weight.gradient];
    const [newWeight, newVelocity] = b.op('applyMomentum', inputs, { nesterov });
    weight.replace(newWeight);
    velocity.replace(newVelocity!);
  };
}
