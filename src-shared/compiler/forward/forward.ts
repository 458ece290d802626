import { isInput } from '../../document/schema/ends.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import { inputsOf, layerCatalog } from '../../layers/catalog/catalog.ts';
import type { LayerContext, LayerDefinition, LayerOutput } from '../../layers/definition/layer.ts';
import { emitMasked, losesMask } from '../../layers/definition/masks.ts';
import { resolveParameters } from '../../layers/parameters/resolve-parameters.ts';
import type { ParameterValues } from '../../layers/parameters/resolve-parameters.ts';
import type { ProgramBuilder } from '../../program/builder/builder.ts';
import { deriveKey } from '../../program/random/philox.ts';
import { ShapeError } from '../../program/language/shape.ts';
import type { Shape, ValueId } from '../../program/language/types.ts';
import { didYouMean } from '../../text/suggest.ts';
import { requireComputable } from './activation-size.ts';
import type { WeightSpec } from '../graph/compiled.ts';
import type { ModelGraph } from '../graph/graph.ts';
import { title } from '../graph/graph.ts';
import { inputCountProblem, inputPortProblems } from './input-count.ts';
import { layerWeights } from './layer-weights.ts';
import type { LayerState } from './layer-weights.ts';
import { parameterProblem, parametersOf, unknownParameters } from '../graph/parameter-problems.ts';

export interface ForwardOptions {
  /** Value of an Input; null if its shape is not known. */
  readonly input: (node: ModelNode) => ValueId | null;
  readonly training: boolean;
  readonly seed: number;
  /** Prefix of the names of a layer's weights: the layer's name, where names are unique. */
  readonly prefix: (node: ModelNode) => string;
  /** In training the step; otherwise the number of a Monte Carlo draw, or null. */
  readonly step: ValueId | null;
  /** Nodes that are not emitted. */
  readonly skip?: (node: ModelNode) => boolean;
}

export interface Forward {
  /** Output of each node that could be emitted. */
  readonly outputs: ReadonlyMap<string, ValueId>;
  /** Masks of outputs: bool, shaped like the output without its last axis. */
  readonly masks: ReadonlyMap<string, ValueId>;
  readonly weights: readonly WeightSpec[];
  /** Regularization losses, scalars. */
  readonly penalties: readonly ValueId[];
  readonly problems: readonly GraphProblem[];
  /** Layers whose definition rejects the shapes of their inputs (problem `layer/shape`). */
  readonly rejected: readonly RejectedLayer[];
}

export interface RejectedLayer extends CheckedLayer {
  readonly node: ModelNode;
  readonly inputShapes: readonly Shape[];
}

/** Emits every layer in order. A layer with problems, and layers that read it, have no output. */
export function emitForward(graph: ModelGraph, builder: ProgramBuilder, options: ForwardOptions): Forward {
  const outputs = new Map<string, ValueId>();
  const masks = new Map<string, ValueId>();
  const state: LayerState = { weights: [], penalties: [], requested: new Map(), updates: new Map() };
  const problems: GraphProblem[] = [];
  const rejected: RejectedLayer[] = [];
  for (const node of graph.order) {
    if (options.skip?.(node) === true) continue;
    const shapeOf = (id: string) => (outputs.has(id) ? builder.shapeOf(outputs.get(id)!) : null);
    const layer = checkedLayer(graph, node, shapeOf, problems);
    if (layer === null) continue;
    const edges = graph.incoming.get(node.id) ?? [];
    const sources = edges.map((edge) => outputs.get(edge.source));
    const inputMasks = edges.map((edge) => masks.get(edge.source) ?? null);
    const inputs = isInput(node) ? [options.input(node) ?? undefined] : sources;
    if (!inputs.every((input) => input !== undefined)) continue;
    const owner = graph.nodes.get(node.weightsOf ?? node.id) ?? node;
    const given = { inputs, masks: inputMasks };
    const made = emitLayer(builder, node, owner, layer, given, options, state, problems, rejected);
    if (made === null) continue;
    outputs.set(node.id, made.output);
    if (made.mask !== null) masks.set(node.id, made.mask);
  }
  for (const [name, value] of state.updates) builder.update(name, value);
  const { weights, penalties } = state;
  return { outputs, masks, weights, penalties, problems, rejected };
}

interface CheckedLayer {
  readonly definition: LayerDefinition;
  readonly params: ParameterValues;
}

/** Checks that need no input shapes. Null if the layer cannot be emitted. */
function checkedLayer(
  graph: ModelGraph,
  node: ModelNode,
  shapeOf: (nodeId: string) => Shape | null,
  problems: GraphProblem[],
): CheckedLayer | null {
  const definition = layerCatalog.get(node.kind);
  if (definition === undefined) {
    problems.push({
      code: 'layer/unknown-kind',
      severity: 'error',
      nodeId: node.id,
      message: `Expected a layer of the catalog; received '${node.kind}'.${didYouMean(node.kind, [...layerCatalog.keys()])} Replace it with a layer from the palette.`,
      fixes: [removeNode(node)],
    });
    return null;
  }
  const parameters = parametersOf(node.kind);
  const { values, faults } = resolveParameters({ parameters }, node.params);
  // Faults of shared parameters are reported for their owner.
  if (node.weightsOf === undefined) {
    problems.push(...unknownParameters(node, parameters));
    for (const fault of faults) problems.push(parameterProblem(node, fault));
  }
  const count = graph.incoming.get(node.id)?.length ?? 0;
  const inputs = inputsOf(node) ?? definition.inputs;
  const portProblems = inputPortProblems(graph, node, inputs);
  const countProblem = portProblems.length > 0 ? null : inputCountProblem(graph, node, inputs, shapeOf);
  problems.push(...portProblems, ...(countProblem === null ? [] : [countProblem]));
  if (faults.length > 0 || portProblems.length > 0 || countProblem !== null) return null;
  const refusal = definition.checkParameters?.(values, count) ?? null;
  if (refusal === null) return { definition, params: values };
  const { param, message, edit } = refusal;
  problems.push({
    code: 'layer/bad-parameter',
    severity: 'error',
    nodeId: node.id,
    param,
    message: `${title(node)} ${message}`,
    fixes: edit === undefined ? [] : [{ label: edit, action: 'edit-param', params: { nodeId: node.id, name: param } }],
  });
  return null;
}

function emitLayer(
  builder: ProgramBuilder,
  node: ModelNode,
  owner: ModelNode,
  { definition, params }: CheckedLayer,
  { inputs, masks }: Pick<LayerContext, 'inputs' | 'masks'>,
  options: ForwardOptions,
  state: LayerState,
  problems: GraphProblem[],
  rejected: RejectedLayer[],
): LayerOutput | null {
  const inputShapes = inputs.map((input) => builder.shapeOf(input));
  const refusal = definition.check?.(params, inputShapes) ?? null;
  if (refusal !== null) {
    problems.push(shapeProblem(node, `${title(node)} ${refusal}`));
    rejected.push({ node, definition, params, inputShapes });
    return null;
  }
  const emit = (): LayerOutput =>
    emitMasked(definition, {
      builder,
      params,
      training: options.training && node.training !== false,
      frozen: node.frozen,
      inputs,
      inputShapes,
      masks,
      step: options.step,
      ...layerWeights(builder, node, owner, options.prefix(owner), state),
      // Draws of a Monte Carlo layer are independent of its noise in training.
      randomKey: (purpose) => deriveKey(options.seed, options.training ? 'layer' : 'draw', node.name, purpose),
    });
  if (losesMask(definition, masks)) problems.push(lostMaskProblem(node));
  try {
    const first = builder.operations.length;
    const made = builder.within(node.name, emit);
    requireComputable(builder, first, made.output);
    return made;
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    problems.push(shapeProblem(node, `${title(node)} cannot be built on its input. ${error.message}`));
    return null;
  }
}

/** Keras warns about this too. */
function lostMaskProblem(node: ModelNode): GraphProblem {
  const message = `${title(node)} does not support the mask of its input, so layers after it read padding as data. Use a recurrent layer, attention or GlobalAveragePooling1D instead, or remove the mask.`;
  return { code: 'layer/mask-lost', severity: 'advice', nodeId: node.id, message, fixes: [] };
}

function shapeProblem(node: ModelNode, message: string): GraphProblem {
  return { code: 'layer/shape', severity: 'error', nodeId: node.id, message, fixes: [] };
}

function removeNode(node: ModelNode): Fix {
  return { label: `Remove ${title(node)}`, action: 'remove-node', params: { nodeId: node.id } };
}
