import { someWithin } from './expression.ts';
import type { Expression } from './expression.ts';
import { worksAlongAxis } from './functions.ts';

/** Whether each output value depends only on the input value at the same index. */
export function isElementwise(expression: Expression): boolean {
  return !someWithin(expression, (part) => part.kind === 'call' && worksAlongAxis(part.name, part.inputs.length));
}
