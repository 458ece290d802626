import { errorOf, meanOfValues } from './loss.ts';
import type { LossRule } from './loss.ts';

/** mean (p − y)². */
export const meanSquaredError: LossRule<'meanSquaredError'> = (call) =>
  meanOfValues(call, call.builder.plain('square', errorOf(call)));
