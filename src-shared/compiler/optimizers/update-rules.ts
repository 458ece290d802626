import type { OptimizerConfiguration, OptimizerKind, OptimizerOf } from '../../training/configuration/optimizers.ts';
import { adadelta, adagrad } from './adagrad.ts';
import { adam, adamax, nadam } from './adam.ts';
import { ftrl } from './ftrl.ts';
import { lion } from './lion.ts';
import { rmsprop } from './rmsprop.ts';
import type { RuleContext, UpdateRule } from './rule-context.ts';
import { sgd } from './sgd.ts';

type RuleOf<Kind extends OptimizerKind> = (optimizer: OptimizerOf<Kind>, context: RuleContext) => UpdateRule;

/** One rule per kind of the configuration; the type checks that none is missing. */
const rules: { readonly [Kind in OptimizerKind]: RuleOf<Kind> } = {
  sgd,
  adam,
  adamw: adam,
  adamax,
  nadam,
  adagrad,
  adadelta,
  rmsprop,
  ftrl,
  lion,
};

/** True if two kinds have the same slots with the same meaning. */
export const sharesRule = (a: OptimizerKind, b: OptimizerKind): boolean => rules[a] === rules[b];

/** Rules that read the number of updates of a weight. */
const counting: ReadonlySet<(typeof rules)[OptimizerKind]> = new Set([adam, adamax, nadam]);

/** True if the optimizer counts the updates of each weight. */
export const countsUpdates = (kind: OptimizerKind): boolean => counting.has(rules[kind]);

export function updateRule(optimizer: OptimizerConfiguration, context: RuleContext): UpdateRule {
  return ruleOf(optimizer, context);
}

function ruleOf<Kind extends OptimizerKind>(optimizer: OptimizerOf<Kind>, context: RuleContext): UpdateRule {
  const kind: Kind = optimizer.kind;
  return rules[kind](optimizer, context);
}
