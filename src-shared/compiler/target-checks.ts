import type { TargetSpec } from '../dataset/prepared.ts';
import type { ModelNode } from '../document/model-document.ts';
import type { Fix, GraphProblem } from '../document/problem.ts';
import { blockEnds } from '../layers/block-ends.ts';
import { layerCatalog } from '../layers/catalog.ts';
import { formatShape } from '../program/shape.ts';
import type { OpName, Shape } from '../program/types.ts';
import type { ResolvedLoss } from '../training/losses.ts';
import { isFormulaMetric, metricNameOf } from '../training/metrics.ts';
import type { MetricConfiguration } from '../training/metrics.ts';
import { unknownClasses } from './class-weights.ts';
import { formulaLossFault, formulaMetricFault } from './formula-goals.ts';
import { title } from './graph.ts';
import type { ModelGraph } from './graph.ts';
import { resolveLoss } from './losses/emit.ts';
import { lossFits } from './losses/fits.ts';
import { metricFits } from './metrics/fits.ts';
import { listed } from './named-columns.ts';
import { outputSettings } from './output-settings.ts';
import type { Goals, OutputSettings } from './output-settings.ts';
import { outputNodes } from './outputs.ts';
import type { OutputTargets } from './outputs.ts';

/** What the model ends with at one Output, as analysis found it. */
export interface ModelEnd {
  readonly output: ModelNode;
  readonly shape: Shape;
  /** Operation that made the prediction; null where it is the input itself. */
  readonly lastOp: OpName | null;
}

/** Operations whose values are not kept between 0 and 1. */
const UNBOUNDED: ReadonlySet<OpName | null> = new Set<OpName | null>([null, 'add', 'matMul', 'conv2d', 'relu', 'tanh']);

/** Checks that the model's end, its targets and the loss belong together. */
export function targetProblems(
  graph: ModelGraph,
  end: ModelEnd,
  targets: OutputTargets['targets'],
  settings: OutputSettings,
): GraphProblem[] {
  const [target] = targets;
  const check = new EndCheck(graph, end, targets);
  const units = end.shape.at(-1);
  if (end.shape.length !== 2 || units === undefined || units === null) return [check.rank()];
  const resolved = resolveLoss(settings.loss, target, units);
  const { name: loss } = resolved;
  const mismatch = lossMismatch(loss, target);
  if (mismatch !== null) return [check.problem('target/loss', 'error', end.output, mismatch, [])];
  const allowed = allowedUnits(loss, targets);
  if (!allowed.includes(units)) return [check.units(units, allowed)];
  const fault = resolved.name === 'formula' ? formulaLossFault(resolved.formula, units) : null;
  if (fault !== null) return [check.problem('target/loss', 'error', end.output, `The loss: ${fault}`, [])];
  const metrics = new Map(settings.metrics.map((metric) => [metricNameOf(metric), metric])).values();
  return [
    ...check.activation(loss),
    ...[...metrics].flatMap((metric) => check.metric(metric)),
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

function lossMismatch(loss: ResolvedLoss, target: TargetSpec): string | null {
  const fit = lossFits[loss];
  const advice = 'Choose the loss "auto" or one that fits.';
  if (target.kind === 'numeric') {
    return fit.numbers ? null : `The loss ${loss} expected classes; received the number '${target.name}'. ${advice}`;
  }
  const count = target.classes.length;
  if (fit.classes === 'none') {
    return `The loss ${loss} expected a number; received the ${count} classes of '${target.name}'. ${advice}`;
  }
  if (fit.classes === 'one' && count !== 2) {
    return `The loss ${loss} expected 2 classes; received ${count} in '${target.name}'. ${advice}`;
  }
  return null;
}

function allowedUnits(loss: ResolvedLoss, targets: OutputTargets['targets']): readonly number[] {
  const [target] = targets;
  const fit = lossFits[loss];
  if (target.kind === 'numeric') return [targets.length];
  if (fit.classes === 'one') return [1];
  const classes = target.classes.length;
  return fit.classes === 'either' && classes === 2 ? [2, 1] : [classes];
}

class EndCheck {
  private readonly graph: ModelGraph;
  private readonly end: ModelEnd;
  /** The only one, or the first of several numbers. */
  private readonly target: TargetSpec;
  private readonly targets: OutputTargets['targets'];

  constructor(graph: ModelGraph, end: ModelEnd, targets: OutputTargets['targets']) {
    this.graph = graph;
    this.end = end;
    this.target = targets[0];
    this.targets = targets;
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
    const { output, shape } = this.end;
    const expected = this.target.kind === 'classes' ? this.target.classes.length : this.targets.length;
    const at = this.layerWith('units') ?? output;
    const message = `${title(output)} expected one row of ${expected} for each example; received ${formatShape(shape)}. Insert Flatten before ${title(at)}.`;
    const fix: Fix = {
      label: `Insert Flatten before ${title(at)}`,
      action: 'insert-before',
      params: { nodeId: at.id, kind: 'Flatten', params: {} },
    };
    return this.problem('target/rank', 'error', at, message, [fix]);
  }

  units(received: number, allowed: readonly number[]): GraphProblem {
    const { target } = this;
    const node = this.layerWith('units') ?? this.end.output;
    const wanted = allowed[0]!;
    const what =
      target.kind === 'numeric'
        ? wanted === 1
          ? `1 value for the number '${target.name}'`
          : `${wanted} values for the numbers ${listed(this.targets.map(({ name }) => name))}`
        : `${allowed.join(' or ')} ${wanted === 1 ? 'value' : 'values'} for the ${target.classes.length} classes of '${target.name}'`;
    if (node === this.end.output) {
      const message = `${title(node)} expected ${what}; received ${received}. Put Dense with ${wanted} units before it.`;
      const fix: Fix = {
        label: `Insert Dense with ${wanted} units`,
        action: 'insert-before',
        params: {
          nodeId: node.id,
          kind: 'Dense',
          params: { units: wanted, activation: this.wantedActivation(wanted) },
        },
      };
      return this.problem('target/units', 'error', node, message, [fix]);
    }
    const message = `The model expected ${what} at its end; received ${received} from ${title(node)}. Set units to ${wanted}.`;
    const fix = setParameter(node, 'units', wanted);
    return this.problem('target/units', 'error', node, message, [fix], 'units');
  }

  activation(loss: ResolvedLoss): GraphProblem[] {
    const { lastOp } = this.end;
    const wanted = lossFits[loss].end;
    if (wanted === 'any') return this.target.kind === 'numeric' ? this.numericActivation() : [];
    const node = this.layerWith('activation') ?? this.end.output;
    if (wanted === 'positive') {
      if (!UNBOUNDED.has(lastOp) || lastOp === 'relu') return [];
      const message = `The loss ${loss} expected values above 0; received any from ${title(node)}. Set its activation to softplus or exponential.`;
      return [this.activationProblem(node, 'softplus', 'advice', message)];
    }
    if (wanted === 'step') {
      // A step is a comparison made a number.
      if (lastOp === 'cast') return [];
      const message = `The loss ${loss} expected step at the end, so that predictions are 0 or 1; received other values from ${title(node)}. Set its activation to step.`;
      return [this.activationProblem(node, 'step', 'advice', message)];
    }
    if (lastOp === wanted) return [];
    const hopeless = UNBOUNDED.has(lastOp) || (lastOp === 'softmax' && wanted === 'sigmoid');
    const message = `The loss ${loss} expected probabilities from ${wanted} at the end; received ${lastOp === 'softmax' ? 'softmax over one value, which is always 1,' : 'values'} from ${title(node)}. Set its activation to ${wanted}.`;
    return [this.activationProblem(node, wanted, hopeless ? 'error' : 'advice', message)];
  }

  /** A metric that says nothing of this target, or of these values, is worth a word. */
  metric(settings: MetricConfiguration): GraphProblem[] {
    const { target, end } = this;
    if (isFormulaMetric(settings)) {
      const fault = formulaMetricFault(settings.formula, end.shape.at(-1)!);
      const message = `The metric ${settings.name}: ${fault}`;
      return fault === null ? [] : [this.problem('target/metric', 'error', end.output, message, [])];
    }
    const metric = typeof settings === 'string' ? settings : settings.name;
    const { targets, probabilities } = metricFits[metric];
    const advice = (message: string): GraphProblem[] => [
      this.problem('target/metric', 'advice', end.output, message, []),
    ];
    const what = metric === 'accuracy' ? 'Accuracy' : metric;
    if (target.kind === 'numeric' && targets === 'classes') {
      return advice(`${what} counts classes; the target '${target.name}' is a number. Choose mae or rmse.`);
    }
    if (target.kind === 'classes' && targets === 'numbers') {
      return advice(`${what} measures numbers; the target '${target.name}' has classes. Choose accuracy.`);
    }
    if (probabilities && end.lastOp !== 'sigmoid' && end.lastOp !== 'softmax') {
      return advice(
        `${what} expected probabilities from sigmoid or softmax at the end; received values of another range. Set the last activation, or choose another metric.`,
      );
    }
    return [];
  }

  /** Weights of what is no class do nothing. */
  classWeights({ classWeights }: OutputSettings): GraphProblem[] {
    const unknown = unknownClasses(this.target, classWeights);
    if (unknown.length === 0 || this.target.kind !== 'classes') return [];
    const message = `Class weights expected classes of '${this.target.name}' (${listed(this.target.classes)}); received ${listed(unknown)}, which ${unknown.length === 1 ? 'does' : 'do'} nothing. Set the weights anew in the training settings.`;
    return [this.problem('target/class-weights', 'advice', this.end.output, message, [])];
  }

  private numericActivation(): GraphProblem[] {
    const { lastOp } = this.end;
    const bounded = lastOp === 'softmax' || lastOp === 'sigmoid' || lastOp === 'tanh' || lastOp === 'relu';
    if (!bounded) return [];
    const node = this.layerWith('activation') ?? this.end.output;
    const limits = { softmax: 'always 1', sigmoid: '0 to 1', tanh: '-1 to 1', relu: '0 or more' }[lastOp];
    const message = `A number may take any value; received ${lastOp} at the end, whose values are ${limits}. Set the activation of ${title(node)} to linear.`;
    return [this.activationProblem(node, 'linear', lastOp === 'softmax' ? 'error' : 'advice', message)];
  }

  private activationProblem(
    node: ModelNode,
    wanted: 'linear' | 'sigmoid' | 'softmax' | 'softplus' | 'step',
    severity: GraphProblem['severity'],
    message: string,
  ): GraphProblem {
    if (node !== this.end.output) {
      const fixes = [setParameter(node, 'activation', wanted)];
      return this.problem('target/activation', severity, node, message, fixes, 'activation');
    }
    const fix: Fix = {
      label: `Insert Activation ${wanted}`,
      action: 'insert-before',
      params: { nodeId: node.id, kind: 'Activation', params: { activation: wanted } },
    };
    return this.problem('target/activation', severity, node, message, [fix]);
  }

  private wantedActivation(units: number): string {
    if (this.target.kind === 'numeric') return 'linear';
    return units === 1 ? 'sigmoid' : 'softmax';
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

function setParameter(node: ModelNode, name: string, value: string | number): Fix {
  return {
    label: `Set ${name} of ${title(node)} to ${value}`,
    action: 'set-param',
    params: { nodeId: node.id, name, value },
  };
}
