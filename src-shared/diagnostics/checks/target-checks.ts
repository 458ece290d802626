import type { ModelNode } from '../../document/schema/model-document.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { elementCount, showShape } from '../../program/language/shape.ts';
import { lossNames } from '../../training/configuration/goal-names.ts';
import { readsLogits } from '../../training/configuration/losses.ts';
import type { LossSettings, ResolvedLoss } from '../../training/configuration/losses.ts';
import { activationProblems, lastLayer } from './activation-checks.ts';
import type { ModelEnd } from './activation-checks.ts';
import { aimNames, labelsOf } from '../../compiler/graph/aim.ts';
import type { Aim, TargetAim } from '../../compiler/graph/aim.ts';
import { unknownClasses } from '../../compiler/goals/class-weights.ts';
import { endProblem } from './end-problem.ts';
import { formulaLossFault } from './formula-goals.ts';
import { title } from '../../compiler/graph/graph.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';
import { layerBefore } from '../remedies/layer-before.ts';
import { resolveLoss } from '../../compiler/goals/losses/emit.ts';
import { CHOOSE, lossFix } from '../remedies/loss-fix.ts';
import { lossFits } from '../../compiler/goals/losses/fits.ts';
import { metricProblems } from './metric-checks.ts';
import { listed } from '../../compiler/graph/named-columns.ts';
import { outputSettings } from '../../compiler/graph/output-settings.ts';
import type { Goals, OutputSettings } from '../../compiler/graph/output-settings.ts';
import { outputNodes } from '../../compiler/graph/outputs.ts';
import { rankRemedies } from '../remedies/rank-remedies.ts';
import { reproductionLossProblem, shapeProblem } from './reproduction-checks.ts';
import type { InputAim } from './reproduction-checks.ts';

/** Checks that prediction, targets, loss and metrics fit each other. */
export function targetProblems(graph: ModelGraph, end: ModelEnd, aim: Aim, settings: OutputSettings): GraphProblem[] {
  if (aim.kind === 'input') return reproductionProblems(graph, end, aim, settings);
  const check = new EndCheck(graph, end, aim);
  const units = end.shape.at(-1);
  if (end.shape.length !== 2 || units === undefined || units === null) return [check.rank()];
  const resolved = resolveLoss(settings.loss, aim, units);
  const { name: loss } = resolved;
  const mismatch = lossMismatch(loss, aim);
  if (mismatch !== null) return [{ ...endProblem('target/loss', end, mismatch), fixes: [lossFix(end.output)] }];
  const allowed = allowedUnits(loss, aim);
  if (!allowed.includes(units)) return [check.units(units, allowed, resolved)];
  return [...goalProblems(graph, end, aim, settings, resolved), ...classWeightProblems(end, aim, settings)];
}

/** The same for an Output that reproduces an Input. */
function reproductionProblems(
  graph: ModelGraph,
  end: ModelEnd,
  aim: InputAim,
  settings: OutputSettings,
): GraphProblem[] {
  const shape = shapeProblem(graph, end, aim);
  if (shape !== null) return [shape];
  const resolved = resolveLoss(settings.loss, aim, elementCount(end.shape));
  const loss = reproductionLossProblem(end, resolved, aim);
  return loss === null ? goalProblems(graph, end, aim, settings, resolved) : [loss];
}

/** Checks loss and metrics for a prediction of the right size. */
function goalProblems(
  graph: ModelGraph,
  end: ModelEnd,
  aim: Aim,
  { metrics }: OutputSettings,
  loss: LossSettings,
): GraphProblem[] {
  const fault = loss.name === 'formula' ? formulaLossFault(loss.formula, elementCount(end.shape)) : null;
  if (fault !== null) return [endProblem('target/loss', end, `The loss: ${fault}`)];
  return [...activationProblems(graph, end, aim, loss), ...metricProblems(end, aim, metrics, loss)];
}

/** Checks the training settings of all Outputs together. */
export function settingsProblems(graph: ModelGraph, goals: Goals): GraphProblem[] {
  const names = outputNodes(graph).map((node) => node.name);
  return [...orphanProblems(names, goals), ...weightlessProblems(names, goals)];
}

function weightlessProblems(names: readonly string[], goals: Goals): GraphProblem[] {
  if (names.length === 0 || names.some((name) => outputSettings(goals, name).lossWeight > 0)) return [];
  const message = `Expected a loss weight above 0 for at least one Output; received 0 for ${listed(names)}, so nothing is learned from the data. Set a loss weight in the training settings.`;
  return [{ code: 'target/no-loss', severity: 'advice', nodeId: null, message, fixes: [] }];
}

/** Settings of Outputs that were renamed or removed. */
function orphanProblems(names: readonly string[], { outputs = {} }: Goals): GraphProblem[] {
  const orphans = Object.keys(outputs).filter((name) => !names.includes(name));
  if (orphans.length === 0 || names.length === 0) return [];
  const one = orphans.length === 1;
  const message = `The training settings have loss and metrics for ${one ? 'an Output' : 'Outputs'} named ${listed(orphans)}, which the model does not have; they have no effect. Remove them, or rename an Output.`;
  const [free, ...more] = names.filter((name) => !Object.hasOwn(outputs, name));
  const move = (label: string, to: string | null): Fix => ({
    label,
    action: 'move-goals',
    params: { from: orphans, to },
  });
  const fixes = [
    ...(one && free !== undefined && more.length === 0 ? [move(`Use them for '${free}'`, free)] : []),
    move('Remove them', null),
  ];
  return [{ code: 'target/unknown-output', severity: 'advice', nodeId: null, message, fixes }];
}

function lossMismatch(loss: ResolvedLoss, aim: TargetAim): string | null {
  const fit = lossFits[loss];
  const named = lossNames[loss];
  if (aim.kind === 'numbers') {
    if (fit.numbers === true || (fit.numbers === 'several' && aim.targets.length > 1)) return null;
    const expected = fit.numbers === 'several' ? 'classes, or several numbers in one Output' : 'classes';
    return `The loss ${named} needs ${expected}; '${aim.targets[0]!.name}' is a number. ${CHOOSE}`;
  }
  if (aim.kind === 'labels') {
    if (fit.classes === 'one' || fit.classes === 'either') return null;
    const expected = fit.classes === 'none' ? 'a number' : 'one target with exclusive classes';
    return `The loss ${named} needs ${expected}; received ${labelsOf(aim)}, which are independent. ${CHOOSE}`;
  }
  const { name, classes } = aim.target;
  if (fit.classes === 'none') {
    return `The loss ${named} needs a number; '${name}' has ${classes.length} classes. ${CHOOSE}`;
  }
  if (fit.classes === 'one' && classes.length !== 2) {
    return `The loss ${named} needs 2 classes; '${name}' has ${classes.length}. ${CHOOSE}`;
  }
  return null;
}

function allowedUnits(loss: ResolvedLoss, aim: TargetAim): readonly number[] {
  const fit = lossFits[loss];
  if (aim.kind !== 'classes') return [aim.targets.length];
  if (fit.classes === 'one') return [1];
  const classes = aim.target.classes.length;
  return fit.classes === 'either' && classes === 2 ? [2, 1] : [classes];
}

/** "the 3 classes of 'colour'", "the number 'price'". */
function described(aim: TargetAim): string {
  if (aim.kind === 'classes') return `the ${aim.target.classes.length} classes of '${aim.target.name}'`;
  if (aim.kind === 'labels') return labelsOf(aim);
  return `the ${aim.targets.length === 1 ? 'number' : 'numbers'} ${listed(aimNames(aim))}`;
}

/** Checks the shape of a prediction of targets. */
class EndCheck {
  private readonly graph: ModelGraph;
  private readonly end: ModelEnd;
  private readonly aim: TargetAim;

  constructor(graph: ModelGraph, end: ModelEnd, aim: TargetAim) {
    this.graph = graph;
    this.end = end;
    this.aim = aim;
  }

  rank(): GraphProblem {
    const { aim } = this;
    const { output, shape } = this.end;
    const expected = aim.kind === 'classes' ? aim.target.classes.length : aim.targets.length;
    const at = layerBefore(this.graph, this.end.output, 'units') ?? output;
    const fixes = rankRemedies(this.graph, output, at, shape.length);
    const message = `${title(output)} expected one row of ${expected} for each example; received ${showShape(shape)}. ${fixes[0]!.label}.`;
    return sizeProblem('target/rank', at, message, fixes);
  }

  units(received: number, allowed: readonly number[], loss: LossSettings): GraphProblem {
    const node = layerBefore(this.graph, this.end.output, 'units') ?? this.end.output;
    const wanted = allowed[0]!;
    const needed = `${allowed.join(' or ')} ${wanted === 1 ? 'value' : 'values'} for ${described(this.aim)}`;
    if (node === this.end.output) {
      const message = `${title(node)} needs ${needed}; it gets ${received}. Insert Dense with ${wanted} units before it.`;
      const fix: Fix = {
        label: `Insert Dense with ${wanted} units`,
        action: 'insert-before',
        params: {
          nodeId: node.id,
          kind: 'Dense',
          params: { units: wanted, activation: this.wantedActivation(wanted, loss) },
        },
      };
      return sizeProblem('target/units', node, message, [fix]);
    }
    const activation = this.otherActivation(node, wanted, loss);
    const also = activation === null ? '' : ` and activation to ${activation}`;
    const message = `The last layer needs ${needed}; ${title(node)} gives ${received}. Set units to ${wanted}${also}.`;
    const label = `Set units of ${title(node)} to ${wanted}${also}`;
    const units = { nodeId: node.id, name: 'units', value: wanted };
    const fix: Fix =
      activation === null
        ? { label, action: 'set-param', params: units }
        : {
            label,
            action: 'set-params',
            params: { changes: [units, { nodeId: node.id, name: 'activation', value: activation }] },
          };
    return { ...sizeProblem('target/units', node, message, [fix]), param: 'units' };
  }

  /** The activation that this loss needs, if the last layer has another one; null if it may have several. */
  private otherActivation(node: ModelNode, units: number, loss: LossSettings): string | null {
    const spec = layerCatalog.get(node.kind)?.parameters.find(({ name }) => name === 'activation');
    if (spec === undefined || lastLayer(this.graph, this.end.output) !== node) return null;
    const { end } = lossFits[loss.name];
    if (end === 'positive' || end === 'step' || (end === 'any' && this.aim.kind !== 'numbers')) return null;
    const wanted = this.wantedActivation(units, loss);
    return (node.params['activation'] ?? spec.default) === wanted ? null : wanted;
  }

  private wantedActivation(units: number, loss: LossSettings): string {
    if (this.aim.kind === 'numbers' || readsLogits(loss)) return 'linear';
    return units === 1 || this.aim.kind === 'labels' ? 'sigmoid' : 'softmax';
  }
}

function sizeProblem(code: string, node: ModelNode, message: string, fixes: Fix[]): GraphProblem {
  return { code, severity: 'error', nodeId: node.id, message, fixes };
}

/** Class weights need one target with classes; weights of unknown classes have no effect. */
function classWeightProblems(end: ModelEnd, aim: TargetAim, { classWeights }: OutputSettings): GraphProblem[] {
  const code = 'target/class-weights';
  if (aim.kind === 'labels' && classWeights !== 'none') {
    const message = `Class weights expected one target with classes; received ${labelsOf(aim)}. Turn off class weights in the training settings, or weight rows by a column of the data.`;
    return [endProblem(code, end, message)];
  }
  if (aim.kind !== 'classes') return [];
  const unknown = unknownClasses(aim.target, classWeights);
  if (unknown.length === 0) return [];
  const message = `Class weights expected classes of '${aim.target.name}' (${listed(aim.target.classes)}); received ${listed(unknown)}, which ${unknown.length === 1 ? 'has' : 'have'} no effect. Set the weights again in the training settings.`;
  return [endProblem(code, end, message, 'advice')];
}
