import type { Constraint } from '../../layers/weights/constraint.ts';
import { emitConstraint } from '../../layers/weights/constraint.ts';
import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';
import { momentumOption } from '../../training/configuration/optimizers.ts';
import type { OptimizerConfiguration } from '../../training/configuration/optimizers.ts';
import { schedulesMomentum } from '../../training/schedules/schedule.ts';
import type { Schedule } from '../../training/schedules/schedule.ts';
import type { SlotSpec } from '../graph/compiled.ts';
import { emitAccumulation, gather } from './accumulation.ts';
import { averaged, emitAveraging } from './averaging.ts';
import { clipGradients } from './clipping.ts';
import type { Slot } from './rule-context.ts';
import { updateRule } from './update-rules.ts';

export interface Update {
  /** State name of the weight. */
  readonly name: string;
  readonly weight: ValueId;
  readonly gradient: ValueId;
  readonly constraint: Constraint | null;
  /** The layer's factor of the learning rate. */
  readonly learningRateMultiplier: number;
}

/** Values of a step by the schedule, float32 scalars. */
export interface StepRates {
  readonly learningRate: ValueId;
  /** Replaces the optimizer's momentum or beta1; null: unchanged. */
  readonly momentum: ValueId | null;
}

export const STEP = 'optimizer/step';

/** State name of an optimizer slot of a weight. */
export const slotName = (weight: string, slot: string): string => `optimizer/${weight}/${slot}`;

/** The slot with a weight's moving average. */
export const AVERAGE = 'average';

/** State name of a weight's moving average. */
export const averageName = (weight: string): string => slotName(weight, AVERAGE);

/** The slot with a weight's sum of accumulated gradients. */
export const ACCUMULATOR = 'gradient_accumulator';

/** State name of the number of steps whose gradients are accumulated. */
export const GATHERED = 'optimizer/gathered';

/** The slot that counts the updates of a weight. Weights of frozen layers are not updated, so counts can differ. */
export const UPDATES = 'updates';

/**
 * Gives a weight's group. The weights of a group have had the same number of updates, with the same momenta. They share
 * the counters and corrections of Adam and similar optimizers, which a step then computes once per group.
 */
export type UpdateGroups = (weight: string) => string;

/** Whether `train` has the input `momentum`: the schedule changes it and the optimizer has it. */
export function givesMomentum({ kind }: OptimizerConfiguration, schedule: Schedule): boolean {
  return schedulesMomentum(schedule) && momentumOption(kind) !== null;
}

/** The int32 scalar that counts training steps. */
export function stepState(builder: ProgramBuilder): ValueId {
  return builder.state(STEP, 'int32', []);
}

/**
 * Updates weights, optimizer slots and the step, in Keras's order: gradient accumulation,
 * clipping, weight decay, the optimizer's rule. Then, at every step, averages of the weights,
 * which may replace them; finally constraints.
 * A layer's multiplier scales its learning rate, in weight decay too.
 * @param groupOf Weights that have been updated equally often.
 * @returns The optimizer's state.
 */
export function emitOptimizer(
  b: ProgramBuilder,
  optimizer: OptimizerConfiguration,
  updates: readonly Update[],
  { learningRate, momentum }: StepRates,
  groupOf: UpdateGroups,
): SlotSpec[] {
  const slots: SlotSpec[] = [{ name: STEP, dtype: 'int32', shape: [], initial: 0 }];
  const state = (slot: SlotSpec): Slot => {
    const { name, dtype, shape } = slot;
    slots.push(slot);
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
      : b.within('optimizer', () =>
          emitAccumulation(b, count, (name) =>
            state({ name: `optimizer/${name}`, dtype: 'int32', shape: [], initial: 0 }),
          ),
        );
  /** State that changes only in steps that update. */
  const held = (slot: Slot): Slot =>
    accumulation === null
      ? slot
      : { value: slot.value, replace: (value) => slot.replace(b.select(accumulation.updates, value, slot.value)) };
  const weightSlot = ({ name, weight }: Update, kind: string, initial: number): Slot => {
    const shape = b.shapeOf(weight).map((size) => size!);
    return state({ name: slotName(name, kind), dtype: 'float32', shape, initial });
  };
  /** A scalar of each weight of a group. Its state has the name of the first weight. */
  const groupSlot = (weights: readonly string[], kind: string, dtype: SlotSpec['dtype'], initial: number): Slot => {
    const [name, ...equal] = weights.map((weight) => slotName(weight, kind));
    return held(state({ name: name!, dtype, shape: [], initial, ...(equal.length === 0 ? {} : { equal }) }));
  };
  const averageSlot = ({ name, weight }: Update): Slot => {
    const shape = b.shapeOf(weight).map((size) => size!);
    return state({ name: averageName(name), dtype: 'float32', shape, initial: 0, averageOf: name });
  };

  const gradients = updates.map((update) =>
    b.within(`optimizer/${update.name}`, () =>
      accumulation === null
        ? update.gradient
        : gather(b, accumulation.updates, weightSlot(update, ACCUMULATOR, 0), update.gradient, count!),
    ),
  );
  const { clip } = optimizer;
  const clipped = clip === undefined ? gradients : b.within('optimizer', () => clipGradients(b, clip, gradients));
  const { ema } = optimizer;
  const averaging =
    ema === undefined ? null : b.within('optimizer', () => emitAveraging(b, ema, accumulation?.made ?? step));
  const groups = Map.groupBy(
    updates.map(({ name }) => name),
    groupOf,
  );
  const rules = new Map(
    [...groups].map(([key, weights]) => [
      key,
      b.within('optimizer', () =>
        updateRule(optimizer, {
          builder: b,
          momentum: momentum === null ? null : { kept: momentum, fresh: b.subtract(b.scalar(1), momentum) },
          updateNumber: () => {
            const made = groupSlot(weights, UPDATES, 'int32', 0);
            made.replace(b.add(made.value, one));
            return b.add(b.cast(made.value, 'float32'), b.scalar(1));
          },
          shared: (name, initial) => groupSlot(weights, name, 'float32', initial),
        }),
      ),
    ]),
  );
  updates.forEach((update, index) => {
    const { name, weight, constraint, learningRateMultiplier: multiplier } = update;
    const replace = (value: ValueId): void => {
      const kept = averaging === null ? value : averaged(b, averaging, averageSlot(update), value);
      b.update(name, constrained(b, constraint, kept));
    };
    b.within(`optimizer/${name}`, () => {
      const rate = multiplier === 1 ? learningRate : b.multiply(learningRate, b.scalar(multiplier));
      rules.get(groupOf(name))!({
        value: decayed(b, weight, optimizer.weightDecay, rate),
        replace: held({ value: weight, replace }).replace,
        learningRate: rate,
        gradient: clipped[index]!,
        slot: (kind, initial = 0) => held(weightSlot(update, kind, initial)),
      });
    });
  });
  return slots;
}

function constrained(b: ProgramBuilder, constraint: Constraint | null, weight: ValueId): ValueId {
  return constraint === null ? weight : emitConstraint(b, constraint, weight);
}

/** w − w·decay·η, as in Keras. */
function decayed(b: ProgramBuilder, weight: ValueId, decay: number | undefined, learningRate: ValueId): ValueId {
  if (decay === undefined || decay === 0) return weight;
  return b.subtract(weight, b.multiply(b.multiply(weight, b.scalar(decay)), learningRate));
}
