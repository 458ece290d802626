import { isInput } from '../document/schema/ends.ts';
import type { ModelDocument, ModelNode } from '../document/schema/model-document.ts';
import type { Fix, GraphProblem } from '../document/schema/problem.ts';
import { ProgramBuilder } from '../program/builder/builder.ts';
import { lossNameOf } from '../training/configuration/losses.ts';
import { AdvisedModel } from './advice/advised-model.ts';
import { advise } from './advice/advise.ts';
import { adaptNormalization } from '../compiler/forward/adapt-normalization.ts';
import { expandBlocks } from '../compiler/expand/expand.ts';
import { foldAnalysis } from '../compiler/expand/fold.ts';
import { locateProblems } from '../compiler/expand/locate.ts';
import type { ModelAnalysis, NodeAnalysis, WeightSpec } from '../compiler/graph/compiled.ts';
import { classOrderProblem } from './checks/class-order.ts';
import { embeddingProblems } from './checks/embedding-range.ts';
import { emitForward } from '../compiler/forward/forward.ts';
import type { Forward } from '../compiler/forward/forward.ts';
import { gradientProblems } from './checks/gradient-reach.ts';
import { phaseProblems } from './checks/phase-checks.ts';
import { readGraph, title } from '../compiler/graph/graph.ts';
import type { ModelGraph } from '../compiler/graph/graph.ts';
import { readInputs } from '../compiler/graph/inputs.ts';
import type { ModelFeatures } from '../compiler/graph/inputs.ts';
import { nameProblems } from '../compiler/graph/names.ts';
import { outputSettings } from '../compiler/graph/output-settings.ts';
import type { Goals } from '../compiler/graph/output-settings.ts';
import { outputNodes, readOutputs } from '../compiler/graph/outputs.ts';
import type { OutputTargets } from '../compiler/graph/outputs.ts';
import { isRandomFrozen } from './checks/random-frozen.ts';
import { paddingRemedies } from './remedies/padding-remedies.ts';
import { shapeRemedies } from './remedies/shape-remedies.ts';
import { settingsProblems, targetProblems } from './checks/target-checks.ts';

export type { ModelFeatures } from '../compiler/graph/inputs.ts';

/**
 * Output shapes, parameter counts and problems of a document. Never throws, for any document;
 * linear in its size.
 *
 * @param features Null if no data set is prepared: then only layers after an Input with a shape
 *   have known shapes, and targets are not checked.
 * @param configuration Losses and metrics to check against the targets. Default: automatic.
 */
export function analyze(
  document: ModelDocument,
  features: ModelFeatures | null,
  configuration: Goals = { loss: 'auto', metrics: [] },
): ModelAnalysis {
  const expanded = expandBlocks(document);
  const read = readGraph(expanded.document);
  const builder = new ProgramBuilder();
  const inputs = readInputs(read, features);
  const graph = adaptNormalization(read, inputs.parts, features);
  const outputs = readOutputs(graph, inputs.parts, features);
  const forward = emitForward(graph, builder, {
    input: ({ id }) => {
      const shape = inputs.parts.get(id)?.shape ?? null;
      return shape === null ? null : builder.input(id, 'float32', [null, ...shape]);
    },
    training: false,
    seed: 0,
    step: null,
    prefix: (node) => node.id,
  });
  const shapeOf = (node: ModelNode): NodeAnalysis['outputShape'] => {
    const value = forward.outputs.get(node.id);
    return value === undefined ? null : builder.shapeOf(value);
  };
  const problems = [
    ...graph.problems,
    ...nameProblems(document.nodes),
    ...inputs.problems,
    ...outputs.problems,
    ...withShapeRemedies(graph, forward, shapeOf),
    ...embeddingProblems(graph, inputs.parts, features),
    ...unusedProblems(graph, outputs.outputs),
    ...trainableProblems(graph, forward),
  ];
  const weighted = new Set(forward.weights.map(({ nodeId }) => nodeId));
  for (const { node, aim } of outputs.outputs) {
    const prediction = forward.outputs.get(node.id);
    if (prediction === undefined) continue;
    const lastOp = builder.producerOf(prediction)?.op ?? null;
    const masked = (forward.masks.get(node.id) ?? null) !== null;
    const end = { output: node, shape: builder.shapeOf(prediction), lastOp, masked };
    problems.push(...targetProblems(graph, end, aim, outputSettings(configuration, node.name)));
    const order = classOrderProblem(graph, end, aim, document.weights?.classes, weighted);
    if (order !== null) problems.push(order);
  }
  problems.push(...settingsProblems(graph, configuration));
  const faulty = new Set(problems.filter(({ severity }) => severity === 'error').map(({ nodeId }) => nodeId));
  // No advice for layers with errors.
  const soundShapeOf = (node: ModelNode) => (faulty.has(node.id) ? null : shapeOf(node));
  problems.push(...advise(new AdvisedModel(graph, features, inputs.parts, soundShapeOf)));
  const isEmitted = forward.problems.every(({ severity }) => severity !== 'error');
  if (isEmitted) problems.push(...noGradientProblems(graph, builder, forward, configuration));
  const expandedNodes = analyzeNodes(graph, forward.weights, shapeOf);
  const used = [...expandedNodes.values()].filter(({ nodeId }) => graph.usedOwners.has(nodeId));
  const folded = foldAnalysis(expanded, expandedNodes);
  return {
    ...folded,
    problems: [...locateProblems(expanded, problems), ...phaseProblems(document, folded.nodes, configuration.phases)],
    parameters: used.reduce((sum, node) => sum + node.parameters, 0),
    trainableParameters: used.reduce((sum, node) => sum + node.trainableParameters, 0),
  };
}

/** Problems of the layers, with fixes for layers that reject the shapes of their inputs. */
function withShapeRemedies(
  graph: ModelGraph,
  { problems, rejected }: Forward,
  shapeOf: (node: ModelNode) => NodeAnalysis['outputShape'],
): GraphProblem[] {
  const layers = new Map(rejected.map((layer) => [layer.node.id, layer]));
  return problems.map((problem) => {
    const layer = problem.code === 'layer/shape' ? layers.get(problem.nodeId ?? '') : undefined;
    if (layer === undefined) return problem;
    return { ...problem, fixes: [...paddingRemedies(graph, layer.node, shapeOf), ...shapeRemedies(layer)] };
  });
}

/** Layers that no gradient reaches. Empty if an Output could not be emitted. */
function noGradientProblems(
  graph: ModelGraph,
  builder: ProgramBuilder,
  forward: Forward,
  goals: Goals,
): GraphProblem[] {
  const nodes = outputNodes(graph);
  const ends = nodes.flatMap((node) => {
    const prediction = forward.outputs.get(node.id);
    const throughStep = lossNameOf(outputSettings(goals, node.name).loss) === 'perceptron';
    return prediction === undefined ? [] : [{ prediction, throughStep }];
  });
  return ends.length === nodes.length ? gradientProblems(graph, builder, forward.weights, ends) : [];
}

function analyzeNodes(
  graph: ModelGraph,
  weights: readonly WeightSpec[],
  shapeOf: (node: ModelNode) => NodeAnalysis['outputShape'],
): Map<string, NodeAnalysis> {
  const all = new Map<string, number>();
  const trainable = new Map<string, number>();
  const random = new Set(weights.filter(isRandomFrozen).map(({ nodeId }) => nodeId));
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
        isRandomFrozen: random.has(node.id),
      },
    ]),
  );
}

/** Advice on layers that do not lead to an Output and so have no effect. */
function unusedProblems(graph: ModelGraph, outputs: readonly OutputTargets[]): GraphProblem[] {
  if (graph.used.size === 0) return [];
  const reproduced = new Set(outputs.flatMap(({ aim }) => (aim.kind === 'input' ? [aim.input.node.id] : [])));
  return graph.order
    .filter((node) => !graph.used.has(node.id) && !reproduced.has(node.id))
    .map((node) => ({
      code: 'graph/unused',
      severity: 'advice' as const,
      nodeId: node.id,
      message: `${title(node)} does not lead to an Output and has no effect. Connect it${isOnlyInput(graph, node) ? '' : ', or remove it'}.`,
      fixes: isOnlyInput(graph, node)
        ? []
        : [{ label: `Remove ${title(node)}`, action: 'remove-node' as const, params: { nodeId: node.id } }],
    }));
}

function isOnlyInput({ order }: ModelGraph, node: ModelNode): boolean {
  return isInput(node) && order.filter(isInput).length === 1;
}

function trainableProblems(graph: ModelGraph, { weights, outputs }: Forward): GraphProblem[] {
  const used = weights.filter((weight) => graph.usedOwners.has(weight.nodeId));
  if (used.some((weight) => weight.trainable)) return [];
  // Layers with unknown shapes may have weights; they have problems of their own.
  const known = graph.used.size > 0 && [...graph.used].every((id) => outputs.has(id));
  if (!known) return [];
  const frozen = used.filter((weight) => graph.nodes.get(weight.nodeId)?.frozen === true);
  if (frozen.length > 0) {
    const nodeIds = [...new Set(frozen.map((weight) => weight.nodeId))];
    const message = 'Expected a layer that trains; all layers with weights are frozen. Unfreeze a layer.';
    const fixes: Fix[] = [{ label: 'Unfreeze all layers', action: 'set-frozen', params: { nodeIds, frozen: false } }];
    return [{ ...modelError('graph/nothing-trainable', message), fixes }];
  }
  const message =
    'Expected a layer with trainable weights; the model has none. Add one, such as Dense, before the Output.';
  const [output] = outputNodes(graph);
  const params = { nodeId: output!.id, kind: 'Dense', params: {} };
  const fixes: Fix[] = [{ label: `Insert Dense before ${title(output!)}`, action: 'insert-before', params }];
  return [{ ...modelError('graph/nothing-trainable', message), fixes }];
}

function modelError(code: string, message: string): GraphProblem {
  return { code, severity: 'error', nodeId: null, message, fixes: [] };
}
