import type { FormulaMetric } from '../../../training/configuration/metrics.ts';
import { meanOfFormula } from '../losses/formula.ts';
import { meanMetric } from './metric.ts';
import type { Metric } from './metric.ts';

/** The mean over examples of a formula of a person's own. */
export function formulaMetric({ formula }: FormulaMetric): Metric {
  return meanMetric(({ builder, prediction, targets }) => meanOfFormula(builder, formula, targets, prediction));
}
