import type { ModelNode } from '../document/model-document.ts';
import type { Fix, GraphProblem } from '../document/problem.ts';
import { blockEnds } from '../layers/block-ends.ts';
import { layerCatalog } from '../layers/catalog.ts';
import { formatShape } from '../program/shape.ts';
import { readsLogits } from '../training/losses.ts';
import type { LossSettings, ResolvedLoss } from '../training/losses.ts';
import { isFormulaMetric, metricNameOf } from '../training/metrics.ts';
import type { MetricConfiguration } from '../training/metrics.ts';
import { activationProblems } from './activation-checks.ts';
import type { ModelEnd } from './activation-checks.ts';
import { aimNames } from './aim.ts';
import type { Aim } from './aim.ts';
import { unknownClasses } from './class-weights.ts';
import { formulaLossFault, formulaMetricFault } from './formula-goals.ts';
import { title } from './graph.ts';
import type { ModelGraph } from './graph.ts';
import { resolveLoss } from './losses/emit.ts';
import { lossFits } from './losses/fits.ts';
import { logitsAdvice } from './metrics/logits-advice.ts';
import { metricFits } from './metrics/fits.ts';
import { automaticMetric } from './metrics/plan.ts';
import { listed } from './named-columns.ts';
import { outputSettings } from './output-settings.ts';
import type { Goals, OutputSettings } from './output-settings.ts';
import { outputNodes } from './outputs.ts';
import { rankRemedies } from './rank-remedies.ts';

/** Checks that the model's end, its targets and the loss belong together. */
export function targetProblems(graph: ModelGraph, end: ModelEnd, aim: Aim, settings: OutputSettings): GraphProblem[] {
  const check = new EndCheck(graph, end, aim);
  const units = end.shape.at(-1);
  if (end.shape.length !== 2 || units === undefined || units === null) return [check.rank()];
  const resolved = resolveLoss(settings.loss, aim, units);
  const { name: loss } = resolved;
  const mismatch = lossMismatch(loss, aim);
  if (mismatch !== null) return [check.problem('target/loss', 'error', end.output, mismatch, [])];
  const allowed = allowedUnits(loss, aim);
  if (!allowed.includes(units)) return [check.units(units, allowed, resolved)];
  const fault = resolved.name === 'formula' ? formulaLossFault(resolved.formula, units) : null;
  if (fault !== null) return [check.problem('target/loss', 'error', end.output, `The loss: ${fault}`, [])];
  const metrics = new Map(settings.metrics.map((metric) => [metricNameOf(metric), metric])).values();
  return [
    ...activationProblems(graph, end, aim, resolved),
    ...[...metrics].flatMap((metric) => check.metric(metric, readsLogits(resolved))),
    ...check.classWeights(settings),
  ];
}

/** What is odd about the settings of Outputs taken together. */
export function settingsProblems(graph: ModelGraph, goals: Goals): GraphProblem[] {
  const names = outputNodes(graph).map((node) => node.name);
  return [...orphanProblems(names, goals), ...weightlessProblems(names, goals)];
}

function weightlessProblems(names: readonly string[], goals: Goals): GraphProblem[] {
  if (names.length === 0 || names.some((name) => outputSettings(goals, name).lossWeight > 0)) return [];
  const message = `Expected an Output whose loss counts; received the loss weight 0 for ${listed(names)}, so that nothing is learned from the data. Set a loss weight in the training settings.`;
  return [{ code: 'target/no-loss', severity: 'advice', nodeId: null, message, fixes: [] }];
}

/** Settings of Outputs that the model does not have: it was renamed, or removed. */
function orphanProblems(names: readonly string[], { outputs = {} }: Goals): GraphProblem[] {
  const orphans = Object.keys(outputs).filter((name) => !names.includes(name));
  if (orphans.length === 0 || names.length === 0) return [];
  const message = `The training settings have a part for the Output ${listed(orphans)}, which the model does not have (${listed(names)}); it does nothing. Give the Output its earlier name, or set loss and metrics anew.`;
  return [{ code: 'target/unknown-output', severity: 'advice', nodeId: null, message, fixes: [] }];
}

function lossMismatch(loss: ResolvedLoss, aim: Aim): string | null {
  const fit = lossFits[loss];
  const advice = 'Choose the loss "auto" or one that fits.';
  if (aim.kind === 'numbers') {
    if (fit.numbers === true || (fit.numbers === 'several' && aim.targets.length > 1)) return null;
    const expected = fit.numbers === 'several' ? 'classes, or several numbers of one Output' : 'classes';
    return `The loss ${loss} expected ${expected}; received the number '${aim.targets[0]!.name}'. ${advice}`;
  }
  if (aim.kind === 'labels') {
    if (fit.classes === 'one' || fit.classes === 'either') return null;
    const expected = fit.classes === 'none' ? 'a number' : 'one target of classes, one of which is true';
    return `The loss ${loss} expected ${expected}; received ${labelsOf(aim)}, each true or not by itself. ${advice}`;
  }
  const { name, classes } = aim.target;
  if (fit.classes === 'none') {
    return `The loss ${loss} expected a number; received the ${classes.length} classes of '${name}'. ${advice}`;
  }
  if (fit.classes === 'one' && classes.length !== 2) {
    return `The loss ${loss} expected 2 classes; received ${classes.length} in '${name}'. ${advice}`;
  }
  return null;
}

function allowedUnits(loss: ResolvedLoss, aim: Aim): readonly number[] {
  const fit = lossFits[loss];
  if (aim.kind !== 'classes') return [aim.targets.length];
  if (fit.classes === 'one') return [1];
  const classes = aim.target.classes.length;
  return fit.classes === 'either' && classes === 2 ? [2, 1] : [classes];
}

function labelsOf(aim: Extract<Aim, { kind: 'labels' }>): string {
  return `the labels ${listed(aimNames(aim))}`;
}

/** "the 3 classes of 'colour'", "the number 'price'". */
function described(aim: Aim): string {
  if (aim.kind === 'classes') return `the ${aim.target.classes.length} classes of '${aim.target.name}'`;
  if (aim.kind === 'labels') return labelsOf(aim);
  return `the ${aim.targets.length === 1 ? 'number' : 'numbers'} ${listed(aimNames(aim))}`;
}

class EndCheck {
  private readonly graph: ModelGraph;
  private readonly end: ModelEnd;
  private readonly aim: Aim;

  constructor(graph: ModelGraph, end: ModelEnd, aim: Aim) {
    this.graph = graph;
    this.end = end;
    this.aim = aim;
  }

  problem(
    code: string,
    severity: GraphProblem['severity'],
    node: ModelNode,
    message: string,
    fixes: Fix[],
    param?: string,
  ): GraphProblem {
    return { code, severity, nodeId: node.id, ...(param === undefined ? {} : { param }), message, fixes };
  }

  rank(): GraphProblem {
    const { aim } = this;
    const { output, shape } = this.end;
    const expected = aim.kind === 'classes' ? aim.target.classes.length : aim.targets.length;
    const at = this.layerWith('units') ?? output;
    const fixes = rankRemedies(this.graph, output, at, shape.length);
    const message = `${title(output)} expected one row of ${expected} for each example; received ${formatShape(shape)}. ${fixes[0]!.label}.`;
    return this.problem('target/rank', 'error', at, message, fixes);
  }

  units(received: number, allowed: readonly number[], loss: LossSettings): GraphProblem {
    const node = this.layerWith('units') ?? this.end.output;
    const wanted = allowed[0]!;
    const what = `${allowed.join(' or ')} ${wanted === 1 ? 'value' : 'values'} for ${described(this.aim)}`;
    if (node === this.end.output) {
      const message = `${title(node)} expected ${what}; received ${received}. Put Dense with ${wanted} units before it.`;
      const fix: Fix = {
        label: `Insert Dense with ${wanted} units`,
        action: 'insert-before',
        params: {
          nodeId: node.id,
          kind: 'Dense',
          params: { units: wanted, activation: this.wantedActivation(wanted, loss) },
        },
      };
      return this.problem('target/units', 'error', node, message, [fix]);
    }
    const message = `The model expected ${what} at its end; received ${received} from ${title(node)}. Set units to ${wanted}.`;
    const fix: Fix = {
      label: `Set units of ${title(node)} to ${wanted}`,
      action: 'set-param',
      params: { nodeId: node.id, name: 'units', value: wanted },
    };
    return this.problem('target/units', 'error', node, message, [fix], 'units');
  }

  /** A metric that says nothing of this target, or of these values, is worth a word. */
  metric(settings: MetricConfiguration, logits: boolean): GraphProblem[] {
    const { aim, end } = this;
    if (isFormulaMetric(settings)) {
      const fault = formulaMetricFault(settings.formula, end.shape.at(-1)!);
      const message = `The metric ${settings.name}: ${fault}`;
      return fault === null ? [] : [this.problem('target/metric', 'error', end.output, message, [])];
    }
    const metric = typeof settings === 'string' ? settings : settings.name;
    const fit = metricFits[metric];
    const said = (message: string, severity: GraphProblem['severity'] = 'advice'): GraphProblem[] => [
      this.problem('target/metric', severity, end.output, message, []),
    ];
    const what = metric === 'accuracy' ? 'Accuracy' : metric;
    if (aim.kind === 'numbers' && fit.targets === 'classes') {
      return said(`${what} counts classes; the target '${aim.targets[0]!.name}' is a number. Choose mae or rmse.`);
    }
    if (aim.kind !== 'numbers' && fit.targets === 'numbers') {
      const choice = automaticMetric[aim.kind];
      return said(`${what} measures numbers; the target '${aimNames(aim)[0]!}' has classes. Choose ${choice}.`);
    }
    if (aim.kind === 'labels' && fit.labels === 'first') {
      const message = `${what} compares the largest value with the first label that holds, as in Keras; ${labelsOf(aim)} may hold together. Choose binary_accuracy.`;
      return said(message);
    }
    if (aim.kind === 'labels' && fit.labels === 'none') {
      const message = `${what} expected one target of classes; received ${labelsOf(aim)}. Choose binary_accuracy.`;
      return said(message, 'error');
    }
    const halved = logits ? logitsAdvice(settings, end.shape.at(-1)!, aim.kind === 'labels') : null;
    if (halved !== null) return said(halved);
    if (fit.probabilities && end.lastOp !== 'sigmoid' && end.lastOp !== 'softmax') {
      return said(
        `${what} expected probabilities from sigmoid or softmax at the end; received values of another range. Set the last activation, or choose another metric.`,
      );
    }
    return [];
  }

  /** Weights of what is no class do nothing; labels, of which several hold, have no class to be weighted by. */
  classWeights({ classWeights }: OutputSettings): GraphProblem[] {
    const { aim, end } = this;
    if (aim.kind === 'labels' && classWeights !== 'none') {
      const message = `Class weights expected one target of classes; received ${labelsOf(aim)}, of which a row may have several. Let all classes count alike in the training settings, or weight rows by a column of the data.`;
      return [this.problem('target/class-weights', 'error', end.output, message, [])];
    }
    if (aim.kind !== 'classes') return [];
    const unknown = unknownClasses(aim.target, classWeights);
    if (unknown.length === 0) return [];
    const message = `Class weights expected classes of '${aim.target.name}' (${listed(aim.target.classes)}); received ${listed(unknown)}, which ${unknown.length === 1 ? 'does' : 'do'} nothing. Set the weights anew in the training settings.`;
    return [this.problem('target/class-weights', 'advice', end.output, message, [])];
  }

  private wantedActivation(units: number, loss: LossSettings): string {
    if (this.aim.kind === 'numbers' || readsLogits(loss)) return 'linear';
    return units === 1 || this.aim.kind === 'labels' ? 'sigmoid' : 'softmax';
  }

  /** The last layer before the Output that has this parameter, looking through layers that keep values in place. */
  private layerWith(parameter: string): ModelNode | null {
    let node = this.end.output;
    for (;;) {
      const edges = this.graph.incoming.get(node.id) ?? [];
      if (edges.length !== 1) return null;
      node = this.graph.nodes.get(edges[0]!.source)!;
      const definition = layerCatalog.get(node.kind);
      if (definition?.parameters.some((spec) => spec.name === parameter) === true) return node;
      const passesOn = definition?.family === 'activation' || definition?.family === 'regularization';
      if (!passesOn && !blockEnds.some(({ kind }) => kind === node.kind)) return null;
    }
  }
}
