import type { ModelDocument, ModelNode } from '../document/model-document.ts';
import type { Fix, GraphProblem } from '../document/problem.ts';
import type { FeatureSpec } from '../dataset/prepared.ts';
import { ProgramBuilder } from '../program/builder.ts';
import { formatShape } from '../program/shape.ts';
import type { TrainingConfiguration } from '../training/configuration.ts';
import type { ModelAnalysis, NodeAnalysis, WeightSpec } from './compiled.ts';
import { emitForward } from './forward.ts';
import type { Forward } from './forward.ts';
import { readGraph, title } from './graph.ts';
import type { ModelGraph } from './graph.ts';
import { nameProblems } from './names.ts';
import { targetProblems } from './target-checks.ts';

/** What a model needs to know of its data: the shape of one example and the target. */
export type ModelFeatures = Pick<FeatureSpec, 'inputShape' | 'target'>;

/**
 * Output shapes, parameter counts and all problems of a document; never throws for any document.
 * Linear in its size.
 *
 * @param features Null where no data set is prepared: shapes are then known only after an
 *   Input with a shape of its own, and nothing is said about the target.
 * @param configuration Loss and metrics to check against the target; absent: chosen from it.
 */
export function analyze(
  document: ModelDocument,
  features: ModelFeatures | null,
  configuration: Pick<TrainingConfiguration, 'loss' | 'metrics'> = { loss: 'auto', metrics: [] },
): ModelAnalysis {
  const graph = readGraph(document);
  const builder = new ProgramBuilder();
  const input = checkInputs(graph, features);
  const forward = emitForward(graph, builder, {
    x: input.shape === null ? null : builder.input('x', 'float32', [null, ...input.shape]),
    training: false,
    seed: 0,
    step: null,
    prefix: (node) => node.id,
  });
  const problems = [
    ...graph.problems,
    ...nameProblems(document.nodes),
    ...input.problems,
    ...outputCountProblems(graph),
    ...forward.problems,
    ...unusedProblems(graph),
    ...trainableProblems(graph, forward),
  ];
  const output = graph.order.find((node) => node.kind === 'Output');
  const prediction = output === undefined ? undefined : forward.outputs.get(output.id);
  if (output !== undefined && prediction !== undefined && features !== null) {
    const lastOp = builder.producerOf(prediction)?.op ?? null;
    const end = { output, shape: builder.shapeOf(prediction), lastOp };
    problems.push(...targetProblems(graph, end, features.target, configuration));
  }
  const nodes = countParameters(graph, forward.weights, (node) => {
    const value = forward.outputs.get(node.id);
    return value === undefined ? null : builder.shapeOf(value);
  });
  const used = [...nodes.values()].filter(({ nodeId }) => graph.used.has(nodeId));
  return {
    nodes,
    problems,
    parameters: used.reduce((sum, node) => sum + node.parameters, 0),
    trainableParameters: used.reduce((sum, node) => sum + node.trainableParameters, 0),
  };
}

function countParameters(
  graph: ModelGraph,
  weights: readonly WeightSpec[],
  shapeOf: (node: ModelNode) => NodeAnalysis['outputShape'],
): Map<string, NodeAnalysis> {
  const all = new Map<string, number>();
  const trainable = new Map<string, number>();
  for (const weight of weights) {
    const count = weight.shape.reduce((product, size) => product * size, 1);
    all.set(weight.nodeId, (all.get(weight.nodeId) ?? 0) + count);
    if (weight.trainable) trainable.set(weight.nodeId, (trainable.get(weight.nodeId) ?? 0) + count);
  }
  return new Map(
    graph.order.map((node) => [
      node.id,
      {
        nodeId: node.id,
        outputShape: shapeOf(node),
        parameters: all.get(node.id) ?? 0,
        trainableParameters: trainable.get(node.id) ?? 0,
      },
    ]),
  );
}

/** The shape of one example, and what is wrong with the Inputs. */
function checkInputs(
  graph: ModelGraph,
  features: ModelFeatures | null,
): { shape: readonly number[] | null; problems: GraphProblem[] } {
  const [input, ...more] = graph.order.filter((node) => node.kind === 'Input');
  if (input === undefined) {
    const first = graph.order.find((node) => node.kind !== 'Output' && graph.incoming.get(node.id)?.length === 0);
    const message = 'Expected an Input, where examples enter; received none. Add an Input and connect it.';
    const fixes = [addNode('Input', null, first?.id ?? null)];
    return { shape: features?.inputShape ?? null, problems: [{ ...modelError('graph/no-input', message), fixes }] };
  }
  const problems = more.map((node) => tooMany(node, input));
  const own = ownShape(input);
  if (own === null) {
    if (features === null) {
      problems.push({
        code: 'graph/no-data',
        severity: 'advice',
        nodeId: input.id,
        param: 'shape',
        message: `${title(input)} takes its shape from the data set, and none is prepared. Choose data, or give it a shape.`,
        fixes: [],
      });
    }
    return { shape: features?.inputShape ?? null, problems };
  }
  if (features !== null && own.join() !== features.inputShape.join()) {
    const message = `${title(input)} expected examples of shape ${formatShape(own)}; received ${formatShape(features.inputShape)} from the data set. Take the shape from the data set.`;
    problems.push({
      code: 'graph/input-shape',
      severity: 'error',
      nodeId: input.id,
      param: 'shape',
      message,
      fixes: [
        {
          label: 'Take the shape from the data set',
          action: 'reset-param',
          params: { nodeId: input.id, name: 'shape' },
        },
      ],
    });
  }
  return { shape: own, problems };
}

/** The Input's own shape; null where it is empty, or is no shape (which its parameter check reports). */
function ownShape(input: ModelNode): number[] | null {
  const shape = input.params['shape'];
  if (!Array.isArray(shape) || shape.length === 0) return null;
  const sizes = shape.filter((size): size is number => typeof size === 'number' && Number.isInteger(size) && size > 0);
  return sizes.length === shape.length ? sizes : null;
}

function outputCountProblems(graph: ModelGraph): GraphProblem[] {
  const [output, ...more] = graph.order.filter((node) => node.kind === 'Output');
  if (output !== undefined) return more.map((node) => tooMany(node, output));
  const sources = new Set([...graph.incoming.values()].flat().map((edge) => edge.source));
  const last = graph.order.findLast((node) => !sources.has(node.id));
  const message =
    'Expected an Output, which marks what the model predicts; received none. Add an Output and connect it.';
  return [{ ...modelError('graph/no-output', message), fixes: [addNode('Output', last?.id ?? null, null)] }];
}

function tooMany(node: ModelNode, first: ModelNode): GraphProblem {
  return {
    code: `graph/several-${node.kind.toLowerCase()}s`,
    severity: 'error',
    nodeId: node.id,
    message: `Expected one ${node.kind} in a model; received ${title(node)} beside ${title(first)}. Remove one of them.`,
    fixes: [{ label: `Remove ${title(node)}`, action: 'remove-node', params: { nodeId: node.id } }],
  };
}

/** Layers that do not lead to an Output are left out of the model, which is worth a word. */
function unusedProblems(graph: ModelGraph): GraphProblem[] {
  if (graph.used.size === 0) return [];
  return graph.order
    .filter((node) => !graph.used.has(node.id))
    .map((node) => ({
      code: 'graph/unused',
      severity: 'advice' as const,
      nodeId: node.id,
      message: `${title(node)} does not lead to an Output, so the model does without it. Connect it, or remove it.`,
      fixes: [{ label: `Remove ${title(node)}`, action: 'remove-node' as const, params: { nodeId: node.id } }],
    }));
}

function trainableProblems(graph: ModelGraph, { weights, outputs }: Forward): GraphProblem[] {
  const used = weights.filter((weight) => graph.used.has(weight.nodeId));
  if (used.some((weight) => weight.trainable)) return [];
  const frozen = used.filter((weight) => graph.nodes.get(weight.nodeId)?.frozen === true);
  if (frozen.length > 0) {
    const nodeIds = [...new Set(frozen.map((weight) => weight.nodeId))];
    const message = 'Expected at least one layer that trains; all layers with weights are frozen. Unfreeze a layer.';
    const fixes: Fix[] = [{ label: 'Unfreeze all layers', action: 'set-frozen', params: { nodeIds, frozen: false } }];
    return [{ ...modelError('graph/nothing-trainable', message), fixes }];
  }
  // Layers whose shapes are unknown may have weights; their own problems speak for them.
  const known = graph.used.size > 0 && [...graph.used].every((id) => outputs.has(id));
  if (!known) return [];
  const message = 'Expected at least one layer with weights that train; received none. Add Dense before the Output.';
  return [modelError('graph/nothing-trainable', message)];
}

function modelError(code: string, message: string): GraphProblem {
  return { code, severity: 'error', nodeId: null, message, fixes: [] };
}

function addNode(kind: string, connectFrom: string | null, connectTo: string | null): Fix {
  return { label: `Add ${kind}`, action: 'add-node', params: { kind, params: {}, connectFrom, connectTo } };
}
