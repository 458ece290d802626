import { z } from 'zod';
import { positiveFloat32 } from '../field-schemas/float32.ts';
import { scheduleTimeFields } from './time.ts';
import type { ScheduleTime } from './time.ts';

const piece = z.object({
  /** The piece's rate holds at times greater than this. */
  after: z.number().nonnegative(),
  learningRate: positiveFloat32(),
});

export const piecewiseSchema = z.object({
  kind: z.literal('piecewise'),
  ...scheduleTimeFields,
  pieces: z
    .array(piece)
    .min(1)
    .max(1000)
    .refine((pieces) => pieces.every(({ after }, i) => i === 0 || after > pieces[i - 1]!.after), {
      error: 'Expected each piece to begin after the one before it. Put the pieces in order.',
    }),
});

/**
 * Constant in pieces: the optimizer's learning rate up to and including the first piece's
 * `after`, then each piece's own.
 * Source: Keras 3 PiecewiseConstantDecay, boundaries = after, values = η and the pieces' rates.
 */
export function piecewise(
  { pieces }: z.infer<typeof piecewiseSchema>,
  learningRate: number,
  { now }: ScheduleTime,
): number {
  return pieces.findLast(({ after }) => now > after)?.learningRate ?? learningRate;
}
