import type { ProgramBuilder } from '../program/builder/builder.ts';
import type { ValueId } from '../program/language/types.ts';
import { someWithin } from './expression.ts';
import type { Expression } from './expression.ts';

/**
 * `where` computes both branches. An infinity in the branch that is not taken would make the
 * gradient NaN, for example in where(x > 0, x, exp(x) - 1) from x = 89. Therefore, if the condition
 * compares a variable with a number, each branch gets that variable clamped to its side of the
 * comparison. This does not change values or gradients of the branch that is taken.
 */
export function branchVariables(
  builder: ProgramBuilder,
  condition: Expression,
  holds: boolean,
  branch: Expression,
  scope: ReadonlyMap<string, ValueId>,
): ReadonlyMap<string, ValueId> {
  const bound = boundOf(condition);
  if (bound === null || !someWithin(branch, (part) => mayOverflow(part, bound.name))) return scope;
  const value = scope.get(bound.name)!;
  const kept = builder.plain(bound.above === holds ? 'maximum' : 'minimum', value, builder.scalar(bound.limit));
  return new Map(scope).set(bound.name, kept);
}

interface Bound {
  readonly name: string;
  /** Whether the condition holds above the limit; otherwise below. */
  readonly above: boolean;
  readonly limit: number;
}

/** The bound of a condition such as 'x > 0' or '0 <= x'; else null. */
function boundOf(condition: Expression): Bound | null {
  if (condition.kind !== 'binary') return null;
  const { operator, left, right } = condition;
  const above = operator === '>' || operator === '>=';
  if (!above && operator !== '<' && operator !== '<=') return null;
  if (left.kind === 'variable' && right.kind === 'number') return { name: left.name, above, limit: right.value };
  if (left.kind === 'number' && right.kind === 'variable')
    return { name: right.name, above: !above, limit: left.value };
  return null;
}

/** Only calls, quotients and powers of the variable can overflow. */
function mayOverflow(part: Expression, name: string): boolean {
  const steep = part.kind === 'call' || (part.kind === 'binary' && (part.operator === '/' || part.operator === '^'));
  return steep && someWithin(part, (inner) => inner.kind === 'variable' && inner.name === name);
}
