import type { ValueId } from '../../program/language/types.ts';
import type { OptimizerOf } from '../../training/configuration/optimizers.ts';
import type { RuleContext, UpdateRule } from './rule-context.ts';

/**
 * Follow the regularized leader, for sparse weights. With a' = a + g², p = −learningRatePower,
 * λ₁, λ₂, shrinkage s:
 * z ← z + g + 2·s·w − (a'ᵖ − aᵖ) / η·w, w ← (clip(z, −λ₁, λ₁) − z) / (a'ᵖ / η + 2·λ₂ + β / η).
 * At a learning rate of 0 nothing changes; Keras divides by 0.
 * Source: H. B. McMahan et al., Ad Click Prediction (2013), algorithm 1; Keras 3 Ftrl.
 */
export function ftrl(optimizer: OptimizerOf<'ftrl'>, context: RuleContext): UpdateRule {
  const { builder: b } = context;
  const { initialAccumulatorValue, beta } = optimizer;
  const { l1RegularizationStrength: l1, l2RegularizationStrength: l2 } = optimizer;
  const shrinkage = 2 * optimizer.l2ShrinkageRegularizationStrength;
  const power = (x: ValueId): ValueId => b.plain('power', x, b.scalar(-optimizer.learningRatePower));
  return (weight) => {
    const { value, gradient, learningRate } = weight;
    const moves = b.plain('greater', learningRate, b.scalar(0));
    const smoothness = b.add(b.scalar(2 * l2), b.divide(b.scalar(beta), learningRate));
    const sum = weight.slot('accumulator', initialAccumulatorValue);
    const linear = weight.slot('linear');
    const newSum = b.add(sum.value, b.plain('square', gradient));
    const newPower = power(newSum);
    const sigma = b.divide(b.subtract(newPower, power(sum.value)), learningRate);
    const pull = shrinkage === 0 ? gradient : b.add(gradient, b.multiply(b.scalar(shrinkage), value));
    const newLinear = b.add(linear.value, b.subtract(pull, b.multiply(sigma, value)));
    const quadratic = b.add(b.divide(newPower, learningRate), smoothness);
    const clipped = b.plain('maximum', b.plain('minimum', newLinear, b.scalar(l1)), b.scalar(-l1));
    const newValue = b.divide(b.subtract(clipped, newLinear), quadratic);
    weight.replace(b.select(moves, newValue, value));
    sum.replace(b.select(moves, newSum, sum.value));
    linear.replace(b.select(moves, newLinear, linear.value));
  };
}
