import type { OptimizerOf } from '../../training/configuration/optimizers.ts';
import type { RuleContext, UpdateRule } from './rule.ts';

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
