import { isBlockEnd } from '../../document/schema/ends.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import type { OpName, Shape } from '../../program/language/types.ts';
import { lossNames } from '../../training/configuration/goal-names.ts';
import { readsLogits } from '../../training/configuration/losses.ts';
import type { LossSettings, ResolvedLoss } from '../../training/configuration/losses.ts';
import type { Aim } from '../../compiler/graph/aim.ts';
import { title } from '../../compiler/graph/graph.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';
import { lossFits } from '../../compiler/goals/losses/fits.ts';

/** The prediction at one Output. */
export interface ModelEnd {
  readonly output: ModelNode;
  readonly shape: Shape;
  /** Operation that computes the prediction; null if it is an Input's value. */
  readonly lastOp: OpName | null;
  /** Whether the prediction has a mask. */
  readonly masked: boolean;
}

type Activation = 'linear' | 'sigmoid' | 'softmax' | 'softplus' | 'step';
type Report = (
  wanted: Activation,
  severity: GraphProblem['severity'],
  before: string,
  choice?: string,
) => GraphProblem[];

/** Operations whose values are not limited to [0, 1]. */
const UNBOUNDED: ReadonlySet<OpName | null> = new Set<OpName | null>([null, 'add', 'matMul', 'conv2d', 'relu', 'tanh']);

/** Ranges of activations with bounded values, for messages about a single value. */
const LIMITS = { softmax: 'always 1', sigmoid: '0 to 1', tanh: '-1 to 1', relu: '0 or more' } as const;

function isBounded(op: OpName | null): op is keyof typeof LIMITS {
  return op !== null && op in LIMITS;
}

/** Checks that the last activation is the one that the loss or the target needs. */
export function activationProblems(graph: ModelGraph, end: ModelEnd, aim: Aim, settings: LossSettings): GraphProblem[] {
  const { lastOp } = end;
  const problem: Report = (wanted, severity, before, choice = wanted) => [
    activationProblem(graph, end, wanted, severity, before, choice),
  ];
  const { name: loss } = settings;
  if (readsLogits(settings)) return logitActivation(loss, lastOp, problem);
  if (aim.kind === 'labels' && lastOp === 'softmax') {
    return problem('sigmoid', 'error', 'Several labels may be true at once; received softmax, whose values sum to 1,');
  }
  const named = lossNames[loss];
  const wanted = lossFits[loss].end;
  if (wanted === 'any') {
    const limited = aim.kind === 'numbers' || (aim.kind === 'input' && !isWithin(aim, lastOp));
    return limited ? numericActivation(lastOp, problem) : [];
  }
  if (wanted === 'positive') {
    if (!UNBOUNDED.has(lastOp) || lastOp === 'relu') return [];
    const before = `The loss ${named} needs values above 0; it gets any`;
    return problem('softplus', 'advice', before, 'softplus or exponential');
  }
  if (wanted === 'step') {
    // A step activation is emitted as the cast of a comparison.
    if (lastOp === 'cast') return [];
    const before = `The loss ${named} needs step at the end, so that predictions are 0 or 1; it gets other values`;
    return problem('step', 'advice', before);
  }
  if (lastOp === wanted) return [];
  const hopeless = UNBOUNDED.has(lastOp) || (lastOp === 'softmax' && wanted === 'sigmoid');
  const received = lastOp === 'softmax' ? 'softmax over one value, which is always 1,' : 'other values';
  const before = `The loss ${named} needs probabilities from ${wanted} at the end; it gets ${received}`;
  return problem(wanted, hopeless ? 'error' : 'advice', before);
}

/** Whether all values to reproduce may be in the range of the activation. */
function isWithin({ beyondUnit }: Extract<Aim, { kind: 'input' }>, lastOp: OpName | null): boolean {
  return lastOp !== 'softmax' && beyondUnit.length === 0;
}

/** A loss that applies softmax or sigmoid itself needs unbounded values. */
function logitActivation(loss: ResolvedLoss, lastOp: OpName | null, problem: Report): GraphProblem[] {
  if (!isBounded(lastOp)) return [];
  const doubled = lastOp === 'softmax' || lastOp === 'sigmoid';
  const what = doubled ? `${lastOp} with a logits loss, which applies it again,` : lastOp;
  const before = `The loss ${lossNames[loss]} from logits needs linear values at the end; it gets ${what}`;
  return problem('linear', doubled ? 'error' : 'advice', before);
}

function numericActivation(lastOp: OpName | null, problem: Report): GraphProblem[] {
  if (!isBounded(lastOp)) return [];
  const before = `A number may have any value; received ${lastOp}, whose values are ${LIMITS[lastOp]},`;
  return problem('linear', lastOp === 'softmax' ? 'error' : 'advice', before);
}

/** @param before Start of the message: what was expected and received. The layer and the advice are appended. */
function activationProblem(
  graph: ModelGraph,
  { output }: ModelEnd,
  wanted: Activation,
  severity: GraphProblem['severity'],
  before: string,
  choice: string,
): GraphProblem {
  const node = lastLayer(graph, output);
  const definition = layerCatalog.get(node.kind);
  const base = { code: 'target/activation', severity, nodeId: node.id };
  const from = `${before} from ${title(node)}.`;
  if (definition?.parameters.some(({ name }) => name === 'activation') === true) {
    const message = `${from} Set its activation to ${choice}.`;
    const fix: Fix = {
      label: `Set activation of ${title(node)} to ${wanted}`,
      action: 'set-param',
      params: { nodeId: node.id, name: 'activation', value: wanted },
    };
    return { ...base, param: 'activation', message, fixes: [fix] };
  }
  if (wanted === 'linear') {
    const fix: Fix = { label: `Remove ${title(node)}`, action: 'take-out', params: { nodeId: node.id } };
    const fixes = definition?.family === 'activation' ? [fix] : [];
    return { ...base, message: `${from} Remove it.`, fixes };
  }
  const fix: Fix = {
    label: `Insert Activation ${wanted}`,
    action: 'insert-before',
    params: { nodeId: output.id, kind: 'Activation', params: { activation: wanted } },
  };
  const message = `${from} Insert Activation with ${choice} before ${title(output)}.`;
  return { ...base, message, fixes: [fix] };
}

/** The layer that computes the Output's value; skips layers that do not change values in prediction. */
export function lastLayer(graph: ModelGraph, output: ModelNode): ModelNode {
  let node = output;
  for (;;) {
    const edges = graph.incoming.get(node.id) ?? [];
    if (edges.length !== 1) return node;
    node = graph.nodes.get(edges[0]!.source)!;
    const { family, traits } = layerCatalog.get(node.kind)!;
    const keeps = traits?.rearranges === 'shape' || family === 'regularization' || isBlockEnd(node);
    if (!keeps) return node;
  }
}
