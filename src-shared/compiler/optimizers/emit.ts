import type { ProgramBuilder } from '../../program/builder.ts';
import type { ValueId } from '../../program/types.ts';
import type { OptimizerConfiguration } from '../../training/optimizers.ts';
import type { SlotSpec } from '../compiled.ts';
import { emitAccumulation, gather } from './accumulation.ts';
import { clipGradients } from './clipping.ts';
import type { Slot } from './rule.ts';
import { updateRule } from './rules.ts';

export interface Update {
  /** State name of the weight. */
  readonly name: string;
  readonly weight: ValueId;
  readonly gradient: ValueId;
}

export const STEP = 'optimizer/step';

/** Reads the int32 scalar that counts training steps. */
export function stepState(builder: ProgramBuilder): ValueId {
  return builder.state(STEP, 'int32', []);
}

/**
 * Updates weights, optimizer slots and the step, in Keras's order: gradients are gathered,
 * clipped, weights decay, then the optimizer's rule.
 * @returns The state the optimizer needs beside the weights.
 */
export function emitOptimizer(
  b: ProgramBuilder,
  optimizer: OptimizerConfiguration,
  updates: readonly Update[],
  learningRate: ValueId,
): SlotSpec[] {
  const slots: SlotSpec[] = [{ name: STEP, dtype: 'int32', shape: [], initial: 0 }];
  const state = (name: string, dtype: SlotSpec['dtype'], shape: readonly number[], initial: number): Slot => {
    slots.push({ name, dtype, shape, initial });
    return { value: b.state(name, dtype, shape), replace: (value) => b.update(name, value) };
  };
  const step = stepState(b);
  const one = b.constant('int32', [], [1]);
  b.within('optimizer', () => b.update(STEP, b.add(step, one)));
  if (updates.length === 0) return slots;

  const count = optimizer.gradientAccumulationSteps;
  const accumulation =
    count === undefined
      ? null
      : b.within('optimizer', () => emitAccumulation(b, count, (name) => state(`optimizer/${name}`, 'int32', [], 0)));
  /** Between updates, state keeps its value. */
  const held = (slot: Slot): Slot =>
    accumulation === null
      ? slot
      : { value: slot.value, replace: (value) => slot.replace(b.select(accumulation.updates, value, slot.value)) };
  const weightSlot = ({ name, weight }: Update, kind: string, initial: number): Slot => {
    const shape = b.shapeOf(weight).map((size) => size!);
    return state(`optimizer/${name}/${kind}`, 'float32', shape, initial);
  };

  const gradients = updates.map((update) =>
    b.within(`optimizer/${update.name}`, () =>
      accumulation === null
        ? update.gradient
        : gather(b, accumulation.updates, weightSlot(update, 'gradient_accumulator', 0), update.gradient, count!),
    ),
  );
  const { clip } = optimizer;
  const clipped = clip === undefined ? gradients : b.within('optimizer', () => clipGradients(b, clip, gradients));
  const rule = b.within('optimizer', () =>
    updateRule(optimizer, {
      builder: b,
      learningRate,
      updateNumber: b.add(b.cast(accumulation?.made ?? step, 'float32'), b.scalar(1)),
      shared: (name, initial) => held(state(`optimizer/${name}`, 'float32', [], initial)),
    }),
  );
  updates.forEach((update, index) => {
    const weight = held({ value: update.weight, replace: (value) => b.update(update.name, value) });
    b.within(`optimizer/${update.name}`, () =>
      rule({
        value: decayed(b, update.weight, optimizer.weightDecay, learningRate),
        replace: weight.replace,
        gradient: clipped[index]!,
        slot: (kind, initial = 0) => held(weightSlot(update, kind, initial)),
      }),
    );
  });
  return slots;
}

/** w − w·decay·η, as Keras. */
function decayed(b: ProgramBuilder, weight: ValueId, decay: number | undefined, learningRate: ValueId): ValueId {
  if (decay === undefined || decay === 0) return weight;
  return b.subtract(weight, b.multiply(b.multiply(weight, b.scalar(decay)), learningRate));
}
