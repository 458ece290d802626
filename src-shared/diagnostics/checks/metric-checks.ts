import type { GraphProblem } from '../../document/schema/problem.ts';
import { elementCount } from '../../program/language/shape.ts';
import type { LossSettings } from '../../training/configuration/losses.ts';
import { isFormulaMetric, metricNameOf } from '../../training/configuration/metrics.ts';
import type { MetricConfiguration, NamedMetric } from '../../training/configuration/metrics.ts';
import type { ModelEnd } from './activation-checks.ts';
import { aimNames, labelsOf } from '../../compiler/graph/aim.ts';
import type { Aim } from '../../compiler/graph/aim.ts';
import { endProblem } from './end-problem.ts';
import { formulaMetricFault } from './formula-goals.ts';
import { title } from '../../compiler/graph/graph.ts';
import { metricFits } from '../../compiler/goals/metrics/fits.ts';
import { thresholdAdvice } from '../../compiler/goals/metrics/threshold-advice.ts';
import { automaticMetric } from '../../compiler/goals/metrics/plan.ts';
import { reproductionMetricFault } from './reproduction-checks.ts';

/** Checks that metrics fit the Output's targets and predictions. */
export function metricProblems(
  end: ModelEnd,
  aim: Aim,
  metrics: readonly MetricConfiguration[],
  loss: LossSettings,
): GraphProblem[] {
  const different = new Map(metrics.map((metric) => [metricNameOf(metric), metric])).values();
  return [...different].flatMap((metric) => {
    if (!isFormulaMetric(metric)) return namedMetricProblem(end, aim, metric, loss) ?? [];
    const fault = formulaMetricFault(metric.formula, elementCount(end.shape));
    return fault === null ? [] : [endProblem('target/metric', end, `The metric ${metric.name}: ${fault}`)];
  });
}

function namedMetricProblem(
  end: ModelEnd,
  aim: Aim,
  settings: NamedMetric | NamedMetric['name'],
  loss: LossSettings,
): GraphProblem | null {
  const metric = typeof settings === 'string' ? settings : settings.name;
  const fit = metricFits[metric];
  const metricTitle = metric === 'accuracy' ? 'Accuracy' : metric;
  const advice = (message: string) => endProblem('target/metric', end, message, 'advice');
  const error = (message: string) => endProblem('target/metric', end, message);
  const isNumeric = aim.kind === 'numbers' || aim.kind === 'input';
  if (isNumeric && fit.targets === 'classes') {
    const received =
      aim.kind === 'input'
        ? `the values of ${title(aim.input.node)} are numbers`
        : `the target '${aim.targets[0]!.name}' is a number`;
    return advice(`${metricTitle} counts classes; ${received}. Choose mae or rmse.`);
  }
  if (!isNumeric && fit.targets === 'numbers') {
    const target = `the target '${aimNames(aim)[0]!}' has classes`;
    return advice(`${metricTitle} measures numbers; ${target}. Choose ${automaticMetric[aim.kind]}.`);
  }
  if (aim.kind === 'labels' && fit.labels === 'first') {
    return advice(
      `${metricTitle} compares the largest value with the first true label, as in Keras; several of ${labelsOf(aim)} may be true. Choose binary_accuracy.`,
    );
  }
  if (aim.kind === 'labels' && fit.labels === 'none') {
    return error(`${metricTitle} expected one target with classes; received ${labelsOf(aim)}. Choose binary_accuracy.`);
  }
  if (aim.kind === 'input') {
    const fault = reproductionMetricFault(metric, aim);
    return fault === null ? null : error(fault);
  }
  const halved = thresholdAdvice(settings, end.shape.at(-1)!, aim.kind === 'labels', loss);
  if (halved !== null) return advice(halved);
  if (!fit.probabilities || end.lastOp === 'sigmoid' || end.lastOp === 'softmax') return null;
  return advice(
    `${metricTitle} expected probabilities from sigmoid or softmax as last activation; received other values. Set the last activation, or choose another metric.`,
  );
}
