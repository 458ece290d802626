import { OUTPUT, isOutput } from '../../document/schema/ends.ts';
import type { TargetSpec } from '../../data/prepared.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import type { GraphProblem } from '../../document/schema/problem.ts';
import { aimOf, isLabel } from './aim.ts';
import type { Aim } from './aim.ts';
import { title } from './graph.ts';
import type { ModelGraph } from './graph.ts';
import type { InputPart, ModelFeatures } from './inputs.ts';
import { listed, namesOf, nameProblem, setNames } from './named-columns.ts';
import { reproducedInput, reproductionOf, reproductionProblem } from './reproduction.ts';

/** The targets of one Output. */
export interface OutputTargets {
  readonly node: ModelNode;
  /** Indices of its targets in the feature spec; empty if it reproduces an Input. */
  readonly places: readonly number[];
  readonly aim: Aim;
}

/** Targets of the Outputs without problems, in document order, and problems of the others. */
export function readOutputs(
  graph: ModelGraph,
  inputs: ReadonlyMap<string, InputPart>,
  features: ModelFeatures | null,
): { outputs: readonly OutputTargets[]; problems: readonly GraphProblem[] } {
  const nodes = outputNodes(graph);
  const problems: GraphProblem[] = [];
  if (nodes.length === 0) problems.push(noOutput(graph));
  if (nodes.length > 1) problems.push(...nodes.flatMap(metricKeyProblem));
  const outputs = nodes.flatMap((node) => {
    const reproduced = reproducedInput(node);
    if (reproduced !== null) return readReproduction(node, reproduced, [...inputs.values()], features, problems);
    return features === null ? [] : readOutput(node, features, problems);
  });
  return { outputs, problems };
}

/** Outputs in document order. */
export function outputNodes(graph: ModelGraph): ModelNode[] {
  return [...graph.nodes.values()].filter(isOutput);
}

function readOutput(node: ModelNode, { targets }: ModelFeatures, problems: GraphProblem[]): OutputTargets[] {
  const known = targets.map((target) => target.name);
  const names = namesOf(node, 'targets');
  const problem = nameProblem(node, 'targets', names, known) ?? mixtureProblem(node, names, targets);
  if (problem !== null) {
    problems.push(problem);
    return [];
  }
  const unread = targets.find((target) => target.kind === 'numeric' && target.unread === true);
  if (unread !== undefined) {
    const message = `${title(node)} expected a target; the data set was prepared without reading '${unread.name}', so that its rows need no value. Let this Output reproduce an Input.`;
    problems.push({ code: 'target/unread', severity: 'error', nodeId: node.id, message, fixes: [] });
    return [];
  }
  if (names.length === 0 && targets.length > 1) problems.push(unsaid(node, known, aimOf(targets) !== null));
  const places = names.length === 0 ? [0] : names.map((name) => known.indexOf(name));
  const aim = aimOf(places.map((place) => targets[place]!));
  return aim === null ? [] : [{ node, places, aim }];
}

function readReproduction(
  node: ModelNode,
  name: string,
  inputs: readonly InputPart[],
  features: ModelFeatures | null,
  problems: GraphProblem[],
): OutputTargets[] {
  const nodes = inputs.map((input) => input.node);
  const problem = reproductionProblem(node, name, nodes);
  if (problem !== null) problems.push(problem);
  const input = inputs.find((part) => part.node.name === name);
  if (problem !== null || input === undefined || features === null) return [];
  const aim = reproductionOf(input, features);
  return aim === null ? [] : [{ node, places: [], aim }];
}

/** One Output predicts several numbers, several labels, or one target of more than two classes. */
function mixtureProblem(
  node: ModelNode,
  names: readonly string[],
  targets: readonly TargetSpec[],
): GraphProblem | null {
  const chosen = targets.filter((target) => names.includes(target.name));
  if (chosen.length < 2 || aimOf(chosen) !== null) return null;
  const namesWhere = (holds: (target: TargetSpec) => boolean): string[] =>
    chosen.filter(holds).map((target) => target.name);
  const labels = namesWhere(isLabel);
  const classes = namesWhere((target) => target.kind === 'classes');
  const numbers = namesWhere((target) => target.kind === 'numeric');
  const received =
    numbers.length === 0
      ? `the classes of ${listed(classes)}`
      : `the classes of ${listed(classes)} with the ${numbers.length === 1 ? 'number' : 'numbers'} ${listed(numbers)}`;
  const alone = classes.filter((name) => labels.length < 2 || !labels.includes(name));
  return {
    code: 'target/mixed',
    severity: 'error',
    nodeId: node.id,
    param: 'targets',
    message: `${title(node)} expected numbers only, targets of two classes only, or one target of more classes; received ${received}. Add an Output for ${numbers.length === 0 ? 'each target of more classes' : 'the classes'}.`,
    fixes: [
      ...(numbers.length === 0 ? [] : [setNames(node, 'targets', numbers)]),
      ...(labels.length < 2 ? [] : [setNames(node, 'targets', labels)]),
      ...alone.slice(0, 3).map((name) => setNames(node, 'targets', [name])),
    ],
  };
}

/** @param together All of them can be predicted by one Output. */
function unsaid(node: ModelNode, known: readonly string[], together: boolean): GraphProblem {
  return {
    code: 'target/unsaid',
    severity: 'advice',
    nodeId: node.id,
    param: 'targets',
    message: `The data set has ${known.length} targets (${listed(known)}), and ${title(node)} names none; it predicts the first, '${known[0]}'. Choose its targets.`,
    fixes: [
      ...(together ? [setNames(node, 'targets', known, `Predict all ${known.length}`)] : []),
      ...known.slice(0, 3).map((name) => setNames(node, 'targets', [name])),
    ],
  };
}

/** Metric keys are `output_metric` and, for validation, `val_output_metric`. */
function metricKeyProblem(node: ModelNode): GraphProblem[] {
  if (node.name !== 'val' && !node.name.startsWith('val_')) return [];
  const name = node.name.replace(/^val_?/, 'output_').replace(/_$/, '');
  const message = `Expected a name that does not start with 'val', which marks metrics of validation; received '${node.name}'. Rename this Output.`;
  return [
    {
      code: 'graph/bad-name',
      severity: 'error',
      nodeId: node.id,
      message,
      fixes: [{ label: `Rename to '${name}'`, action: 'rename', params: { nodeId: node.id, name } }],
    },
  ];
}

function noOutput(graph: ModelGraph): GraphProblem {
  const sources = new Set([...graph.incoming.values()].flat().map((edge) => edge.source));
  const last = graph.order.findLast((node) => !sources.has(node.id));
  const message = 'Expected an Output, which marks the prediction; the model has none. Add one and connect it.';
  const params = { kind: OUTPUT, params: {}, connectFrom: last?.id ?? null, connectTo: null };
  return {
    code: 'graph/no-output',
    severity: 'error',
    nodeId: null,
    message,
    fixes: [{ label: 'Add Output', action: 'add-node', params }],
  };
}
