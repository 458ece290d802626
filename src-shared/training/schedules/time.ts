import { z } from 'zod';

/** Position in a run. */
export interface SchedulePosition {
  /** Steps taken before this one. */
  readonly step: number;
  /** Epochs finished. */
  readonly epoch: number;
  /** Steps of the whole run. */
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  /** How often the performance schedule has reduced the rate. Absent: never. */
  readonly reductions?: number;
}

/** A schedule's time, in its unit, counted from the end of its warm-up. */
export interface ScheduleTime {
  readonly now: number;
  /** When the run ends. */
  readonly end: number;
  readonly reductions: number;
  /** Position in steps and epochs, warm-up included. */
  readonly position: SchedulePosition;
}

/** Fields that every schedule has. */
export const scheduleTimeFields = {
  /** What its times count: 'step' changes the rate every step, 'epoch' once an epoch. */
  unit: z.enum(['step', 'epoch']).default('step'),
  /** Linear rise before the schedule begins, from `from` to the learning rate. Absent: none. */
  warmUp: z.object({ length: z.number().int().positive(), from: z.number().nonnegative().default(0) }).optional(),
};

/** A stretch of time in the schedule's unit. */
export const lengthSchema = z.number().positive();

/** A stretch of time; null: to the end of the run. */
export const lengthOrRunSchema = lengthSchema.nullable().default(null);
