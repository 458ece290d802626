import { z } from 'zod';
import { scheduleTimeFields } from './time.ts';

export const constantSchema = z.object({ kind: z.literal('constant'), ...scheduleTimeFields });

/** The same learning rate throughout: η(t) = η. */
export const constant = (_: z.infer<typeof constantSchema>, learningRate: number): number => learningRate;
