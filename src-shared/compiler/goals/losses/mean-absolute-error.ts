import { errorOf, meanOfValues } from './loss.ts';
import type { LossRule } from './loss.ts';

/** mean |p − y|. */
export const meanAbsoluteError: LossRule<'meanAbsoluteError'> = (call) =>
  meanOfValues(call, call.builder.plain('abs', errorOf(call)));
