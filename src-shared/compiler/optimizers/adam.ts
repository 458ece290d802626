import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';
import type { OptimizerOf } from '../../training/configuration/optimizers.ts';
import { memory, momentumOr, towards } from './rule.ts';
import type { RuleContext, Trained, UpdateRule } from './rule.ts';

/**
 * Adam: m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², w ← w − α·m / (√v + ε) with
 * α = η·√(1 − β₂ᵗ) / (1 − β₁ᵗ). AMSGrad uses the largest v so far. AdamW adds weight decay.
 * Source: D. P. Kingma, J. Ba, arXiv:1412.6980; S. Reddi et al., arXiv:1904.09237; Keras 3 Adam, AdamW.
 */
export function adam(optimizer: OptimizerOf<'adam' | 'adamw'>, context: RuleContext): UpdateRule {
  const { beta1, beta2, epsilon, amsgrad = false } = optimizer;
  const { builder: b, updateNumber } = context;
  const first = momentumOr(context, beta1);
  const second = memory(b, beta2);
  // As in Keras, powers are computed from the step: no state, no drift.
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
