import { someWithin } from './expression.ts';
import type { Expression } from './expression.ts';
import { worksAlongAxis } from './functions.ts';

/** True where each value is computed of itself alone, so that the formula can be drawn. */
export function isElementwise(expression: Expression): boolean {
  return !someWithin(expression, (part) => part.kind === 'call' && worksAlongAxis(part.name, part.inputs.length));
}
