import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';
import type { OptimizerOf } from '../../training/configuration/optimizers.ts';
import { memory, momentumOr, towards } from './rule-context.ts';
import type { RuleContext, Trained, UpdateRule } from './rule-context.ts';

/**
 * Adam: m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², w ← w − α·m / (√v + ε) with
 * α = η·√(1 − β₂ᵗ) / (1 − β₁ᵗ). AMSGrad uses the largest v so far. AdamW adds weight decay.
 * Source: D. P. Kingma, J. Ba, arXiv:1412.6980; S. Reddi et al., arXiv:1904.09237; Keras 3 Adam, AdamW.
 */
export function adam(optimizer: OptimizerOf<'adam' | 'adamw'>, context: RuleContext): UpdateRule {
  const { beta1, beta2, epsilon, amsgrad = false } = optimizer;
  const { builder: b } = context;
  const updateNumber = context.updateNumber();
  const first = momentumOr(context, beta1);
  const second = memory(b, beta2);
  // As in Keras, powers are computed from the number of updates: no state, no drift.
  const beta1Power = b.plain('power', first.kept, updateNumber);
  const beta2Power = b.plain('power', second.kept, updateNumber);
  return (weight) => {
    const m = weight.slot('momentum');
    const v = weight.slot('velocity');
    const { learningRate } = weight;
    // The fused operation needs a constant beta1.
    if (!amsgrad && context.momentum === null) {
      const inputs = [weight.value, m.value, v.value, learningRate, beta1Power, beta2Power, weight.gradient];
      const [newWeight, newM, newV] = b.op('applyAdam', inputs, { beta1, beta2, epsilon });
      weight.replace(newWeight);
      m.replace(newM!);
      v.replace(newV!);
      return;
    }
    const newM = towards(b, m.value, weight.gradient, first);
    const newV = towards(b, v.value, b.plain('square', weight.gradient), second);
    const divisor = amsgrad ? largest(b, weight, newV) : newV;
    const one = b.scalar(1);
    const correction = b.divide(b.plain('sqrt', b.subtract(one, beta2Power)), b.subtract(one, beta1Power));
    const change = b.divide(
      b.multiply(newM, b.multiply(learningRate, correction)),
      b.add(b.plain('sqrt', divisor), b.scalar(epsilon)),
    );
    weight.replace(b.subtract(weight.value, change));
    m.replace(newM);
    v.replace(newV);
  };
}

/** The largest second moment so far. */
function largest(b: ProgramBuilder, weight: Trained, velocity: ValueId): ValueId {
  const before = weight.slot('velocity_hat');
  const now = b.plain('maximum', before.value, velocity);
  before.replace(now);
  return now;
}

/**
 * AdaMax, Adam with the infinity norm of gradients:
 * m ← β₁·m + (1 − β₁)·g, u ← max(β₂·u, |g|), w ← w − η·m / ((1 − β₁ᵗ)·(u + ε)).
 * Source: D. P. Kingma, J. Ba, arXiv:1412.6980, section 7.1; Keras 3 Adamax.
 */
export function adamax({ beta1, beta2, epsilon }: OptimizerOf<'adamax'>, context: RuleContext): UpdateRule {
  const { builder: b } = context;
  const updateNumber = context.updateNumber();
  const first = momentumOr(context, beta1);
  const correction = b.subtract(b.scalar(1), b.plain('power', first.kept, updateNumber));
  return (weight) => {
    const m = weight.slot('momentum');
    const u = weight.slot('norm');
    const newM = towards(b, m.value, weight.gradient, first);
    const newU = b.plain('maximum', b.multiply(b.scalar(beta2), u.value), b.plain('abs', weight.gradient));
    const divisor = b.multiply(correction, b.add(newU, b.scalar(epsilon)));
    weight.replace(b.subtract(weight.value, b.divide(b.multiply(weight.learningRate, newM), divisor)));
    m.replace(newM);
    u.replace(newU);
  };
}

/** Decay of the momentum schedule towards β₁. */
const DECAY = 0.96;

/**
 * Nadam, Adam with Nesterov momentum. With u(t) = β₁·(1 − 0.96ᵗ / 2) and its product U(t):
 * m̂ = u(t + 1)·m / (1 − U(t)·u(t + 1)) + (1 − u(t))·g / (1 − U(t)), v̂ = v / (1 − β₂ᵗ),
 * w ← w − η·m̂ / (√v̂ + ε).
 * Source: T. Dozat, Incorporating Nesterov Momentum into Adam (2016); Keras 3 Nadam.
 */
export function nadam({ beta1, beta2, epsilon }: OptimizerOf<'nadam'>, context: RuleContext): UpdateRule {
  const { builder: b } = context;
  const updateNumber = context.updateNumber();
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
