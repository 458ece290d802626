import type { ProgramBuilder } from '../program/builder.ts';
import type { ValueId } from '../program/types.ts';
import type { OptimizerConfiguration } from '../training/configuration.ts';
import type { SlotSpec } from './compiled.ts';

export interface Update {
  /** State name of the weight. */
  readonly name: string;
  readonly weight: ValueId;
  readonly gradient: ValueId;
}

export const STEP = 'optimizer/step';

/** Reads the int32 scalar that counts optimizer updates. */
export function stepState(builder: ProgramBuilder): ValueId {
  return builder.state(STEP, 'int32', []);
}

/**
 * Updates weights, optimizer slots and the step.
 * @returns The state the optimizer needs beside the weights.
 */
export function emitOptimizer(
  b: ProgramBuilder,
  optimizer: OptimizerConfiguration,
  updates: readonly Update[],
  learningRate: ValueId,
): SlotSpec[] {
  const slots: SlotSpec[] = [{ name: STEP, dtype: 'int32', shape: [], initial: 0 }];
  const step = stepState(b);
  const slot = ({ name, weight }: Update, kind: string): { name: string; value: ValueId } => {
    const slotName = `optimizer/${name}/${kind}`;
    const shape = b.shapeOf(weight).map((size) => size!);
    slots.push({ name: slotName, dtype: 'float32', shape, initial: 0 });
    return { name: slotName, value: b.state(slotName, 'float32', shape) };
  };
  const apply = applier(b, optimizer, step, learningRate, slot);
  for (const update of updates) b.within(`optimizer/${update.name}`, () => apply(update));
  b.within('optimizer', () => b.update(STEP, b.add(step, b.constant('int32', [], [1]))));
  return slots;
}

function applier(
  b: ProgramBuilder,
  optimizer: OptimizerConfiguration,
  step: ValueId,
  learningRate: ValueId,
  slot: (update: Update, kind: string) => { name: string; value: ValueId },
): (update: Update) => void {
  if (optimizer.kind === 'adam') {
    const { beta1, beta2, epsilon } = optimizer;
    // As Keras, powers are taken of the step, so they do not drift and need no state.
    const power = (beta: number): ValueId =>
      b.within('optimizer', () => b.plain('power', b.scalar(beta), b.add(b.cast(step, 'float32'), b.scalar(1))));
    const beta1Power = power(beta1);
    const beta2Power = power(beta2);
    return (update) => {
      const { name, weight, gradient } = update;
      const m = slot(update, 'm');
      const v = slot(update, 'v');
      const inputs = [weight, m.value, v.value, learningRate, beta1Power, beta2Power, gradient];
      const [newWeight, newM, newV] = b.op('applyAdam', inputs, { beta1, beta2, epsilon });
      b.update(name, newWeight);
      b.update(m.name, newM!);
      b.update(v.name, newV!);
    };
  }
  const { momentum, nesterov } = optimizer;
  return (update) => {
    const { name, weight, gradient } = update;
    if (momentum === 0) {
      b.update(name, b.plain('applyGradientDescent', weight, learningRate, gradient));
      return;
    }
    const velocity = slot(update, 'velocity');
    const inputs = [weight, velocity.value, learningRate, b.scalar(momentum), gradient];
    const [newWeight, newVelocity] = b.op('applyMomentum', inputs, { nesterov });
    b.update(name, newWeight);
    b.update(velocity.name, newVelocity!);
  };
}
