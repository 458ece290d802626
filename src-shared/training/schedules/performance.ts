import { z } from 'zod';
import { scheduleTimeFields } from './time.ts';
import type { ScheduleTime } from './time.ts';

export const performanceSchema = z.object({
  kind: z.literal('performance'),
  ...scheduleTimeFields,
  factor: z.number().positive().lt(1).default(0.1),
  /** Epochs without improvement before each reduction. */
  patience: z.number().int().positive().default(10),
  /** What counts as improvement. */
  minDelta: z.number().nonnegative().default(0.0001),
  /** Epochs after a reduction that are not counted. */
  cooldown: z.number().int().nonnegative().default(0),
  minLearningRate: z.number().nonnegative().default(0),
});

/** What a run remembers of its epochs; part of each checkpoint. */
export const plateauSchema = z.object({
  reductions: z.number().int(),
  /** The lowest loss so far. */
  best: z.number().nullable(),
  /** Epochs since then. */
  waited: z.number().int(),
  /** Epochs of the cooldown left. */
  cooldown: z.number().int(),
});
export type Plateau = z.infer<typeof plateauSchema>;

export const firstPlateau: Plateau = { reductions: 0, best: null, waited: 0, cooldown: 0 };

/**
 * Performance: reduced by `factor` whenever the validation loss has not improved for `patience`
 * epochs: η = max(η₀ · factor ^ reductions, η_min). The loss over training rows where none validate.
 * Source: Keras 3 ReduceLROnPlateau.
 */
export function performance(
  { factor, minLearningRate }: z.infer<typeof performanceSchema>,
  learningRate: number,
  { reductions }: ScheduleTime,
): number {
  // A rate below the least allowed stays as it is.
  return Math.max(learningRate * factor ** reductions, Math.min(minLearningRate, learningRate));
}

/** What is remembered after an epoch with this loss. */
export function afterEpoch(
  { patience, minDelta, cooldown }: z.infer<typeof performanceSchema>,
  before: Plateau,
  loss: number,
): Plateau {
  const left = Math.max(0, before.cooldown - 1);
  const waited = before.cooldown > 0 ? 0 : before.waited;
  if (before.best === null || loss < before.best - minDelta)
    return { ...before, best: loss, waited: 0, cooldown: left };
  if (left > 0) return { ...before, waited, cooldown: left };
  if (waited + 1 < patience) return { ...before, waited: waited + 1, cooldown: 0 };
  return { ...before, reductions: before.reductions + 1, waited: 0, cooldown };
}
