import type { ProgramBuilder } from '../program/builder/builder.ts';
import type { ValueId } from '../program/language/types.ts';
import { someWithin } from './expression.ts';
import type { Expression } from './expression.ts';

/**
 * `where` computes both branches, and an infinity in the one that is not taken would make the
 * gradient NaN: in where(x > 0, x, exp(x) - 1) from x = 89. So where the condition compares a
 * variable with a number, each branch sees that variable kept on its own side, which changes
 * no value and no gradient of the branch that is taken.
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
  /** The condition holds above the limit; else below. */
  readonly above: boolean;
  readonly limit: number;
}

/** Of 'x > 0', '0 <= x' and the like. */
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

/** Sums and products of ordinary values stay ordinary. */
function mayOverflow(part: Expression, name: string): boolean {
  const steep = part.kind === 'call' || (part.kind === 'binary' && (part.operator === '/' || part.operator === '^'));
  return steep && someWithin(part, (inner) => inner.kind === 'variable' && inner.name === name);
}
