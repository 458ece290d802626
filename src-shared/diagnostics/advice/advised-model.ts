import { BLOCK } from '../../document/schema/blocks.ts';
import { isBlockEnd } from '../../document/schema/ends.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import { layerCatalog, traitsOf } from '../../layers/catalog/catalog.ts';
import type { LayerFamily } from '../../layers/definition/layer.ts';
import type { ParameterValues } from '../../layers/parameters/resolve-parameters.ts';
import type { Shape } from '../../program/language/types.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';
import type { InputPart, ModelFeatures } from '../../compiler/graph/inputs.ts';

/** Parameters for initializers of kernels. */
const INITIALIZERS = ['kernelInitializer', 'depthwiseInitializer', 'pointwiseInitializer'] as const;

const defaults = new Map<string, ParameterValues>();

function defaultsOf(kind: string): ParameterValues {
  const known = defaults.get(kind);
  if (known !== undefined) return known;
  const parameters = layerCatalog.get(kind)?.parameters ?? [];
  const made = Object.fromEntries(parameters.map((spec) => [spec.name, spec.default]));
  defaults.set(kind, made);
  return made;
}

const PLAIN: ReadonlySet<LayerFamily> = new Set<LayerFamily>(['core', 'convolution']);
const LEARNING: ReadonlySet<LayerFamily> = new Set<LayerFamily>(['recurrent', 'attention', 'operations']);

/**
 * The layers to advise on: those that lead to an Output and were built without errors, with the
 * layers before and after them. Blocks are expanded. Layers with errors get no advice, but still
 * count as layers before and after others.
 */
export class AdvisedModel {
  /** In topological order. */
  readonly layers: readonly ModelNode[];
  readonly features: ModelFeatures | null;
  /** By node id of the Input. */
  readonly inputs: ReadonlyMap<string, InputPart>;
  /** All layers that lead to an Output, also those with errors. */
  private readonly whole: readonly ModelNode[];
  private readonly graph: ModelGraph;
  private readonly shapes: (node: ModelNode) => Shape | null;
  private readonly outgoing = new Map<string, ModelNode[]>();
  private readonly parameters = new Map<string, ParameterValues>();
  /** Ids of layers before another layer that learns. */
  private readonly hidden = new Set<string>();

  constructor(
    graph: ModelGraph,
    features: ModelFeatures | null,
    inputs: ReadonlyMap<string, InputPart>,
    shapes: (node: ModelNode) => Shape | null,
  ) {
    this.graph = graph;
    this.features = features;
    this.inputs = inputs;
    this.shapes = shapes;
    this.whole = graph.order.filter((node) => graph.used.has(node.id));
    this.layers = this.whole.filter((node) => this.isBuilt(node));
    for (const node of this.whole) {
      for (const source of this.before(node)) {
        const known = this.outgoing.get(source.id);
        if (known === undefined) this.outgoing.set(source.id, [node]);
        else known.push(node);
      }
    }
    for (const node of this.whole.toReversed()) {
      const after = this.after(node);
      if (after.some((next) => this.learns(next) || this.hidden.has(next.id))) this.hidden.add(node.id);
    }
  }

  /** Layers that a layer reads. */
  before(node: ModelNode): ModelNode[] {
    return (this.graph.incoming.get(node.id) ?? []).map((edge) => this.graph.nodes.get(edge.source)!);
  }

  /** Whether the layer has no error and its output shape is known. */
  isBuilt(node: ModelNode): boolean {
    return this.shapes(node) !== null;
  }

  /** Layers that read a layer, also those with errors. */
  after(node: ModelNode): readonly ModelNode[] {
    return this.outgoing.get(node.id) ?? [];
  }

  shapeOf(node: ModelNode): Shape | null {
    return this.shapes(node);
  }

  /** Shape of a layer's first input. */
  inputShape(node: ModelNode): Shape | null {
    const [first] = this.before(node);
    return first === undefined ? null : this.shapes(first);
  }

  /** Values of a layer's parameters with defaults; valid if the layer is built. */
  params(node: ModelNode): ParameterValues {
    const known = this.parameters.get(node.id);
    if (known !== undefined) return known;
    const values = { ...defaultsOf(node.kind), ...node.params };
    this.parameters.set(node.id, values);
    return values;
  }

  family(node: ModelNode): LayerFamily {
    return layerCatalog.get(node.kind)?.family ?? 'core';
  }

  /** Whether the layer has the values of its input, as both ends of a block have. */
  isLayout(node: ModelNode): boolean {
    return traitsOf(node).rearranges !== undefined || isBlockEnd(node);
  }

  /** Whether it is a dense layer or a convolution. Recurrent layers and attention follow other rules. */
  hasKernel(node: ModelNode): boolean {
    return PLAIN.has(this.family(node)) && this.initializers(node).length > 0 && 'activation' in this.params(node);
  }

  /** Whether the layer has weights that learn, or may have. */
  private learns(node: ModelNode): boolean {
    return (
      this.hasKernel(node) || LEARNING.has(this.family(node)) || node.kind === BLOCK || !layerCatalog.has(node.kind)
    );
  }

  /** Whether another layer that learns comes after it, so that its output is not the prediction. */
  isHidden(node: ModelNode): boolean {
    return this.hidden.has(node.id);
  }

  /** Names of the layer's parameters for kernel initializers. */
  initializers(node: ModelNode): string[] {
    return INITIALIZERS.filter((name) => Object.hasOwn(this.params(node), name));
  }

  /** Name of the activation that the layer itself applies; null if there is none or it is a formula. */
  ownActivation(node: ModelNode): string | null {
    const layer = traitsOf(node).activation;
    if (layer !== undefined) return layer;
    const { activation } = this.params(node);
    return typeof activation === 'string' && activation !== 'linear' ? activation : null;
  }

  /** Whether the layer's parameter `activation` is linear. */
  isLinear(node: ModelNode): boolean {
    return this.params(node)['activation'] === 'linear';
  }

  /**
   * The layer that applies the activation to the output of a layer with a kernel: itself, or an
   * activation layer after it, possibly after normalization or dropout. Null if there is none.
   */
  activationNode(node: ModelNode): ModelNode | null {
    if (!this.isLinear(node)) return node;
    let current = node;
    for (;;) {
      const after = this.after(current);
      const [next] = after;
      if (after.length !== 1 || next === undefined) return null;
      if (this.family(next) === 'activation') return next;
      if (this.family(next) !== 'normalization' && this.family(next) !== 'regularization') return null;
      current = next;
    }
  }

  /** Name of the activation applied to the output of a layer with a kernel. */
  activationOf(node: ModelNode): string | null {
    const applied = this.activationNode(node);
    return applied === null ? null : this.ownActivation(applied);
  }

  /** Whether the output multiplies another value, such as a gate between 0 and 1. */
  isGate(node: ModelNode): boolean {
    const applied = this.activationNode(node) ?? node;
    return this.after(applied).some(
      (next) => traitsOf(next).multiplies === true || (this.isLayout(next) && this.isGate(next)),
    );
  }

  /** Whether a layer normalizes outputs of others. */
  get isNormalized(): boolean {
    return this.whole.some((node) => this.family(node) === 'normalization');
  }

  /** Whether the model has merging layers. */
  get isMerged(): boolean {
    return this.whole.some((node) => this.family(node) === 'merge');
  }

  /** Largest number of these layers on one path. */
  longestPath(counted: readonly ModelNode[]): number {
    const ids = new Set(counted.map(({ id }) => id));
    const lengths = new Map<string, number>();
    for (const node of this.layers) {
      const before = this.before(node).map(({ id }) => lengths.get(id) ?? 0);
      lengths.set(node.id, Math.max(0, ...before) + (ids.has(node.id) ? 1 : 0));
    }
    return Math.max(0, ...lengths.values());
  }
}

/** A rule that checks a model and returns its advice. */
export type Advice = (model: AdvisedModel) => GraphProblem[];

/** @param code Without the prefix 'advice/': 'selu-initializer'. */
export function advice(
  code: string,
  node: ModelNode,
  message: string,
  fixes: readonly Fix[],
  param?: string,
): GraphProblem {
  const about = { code: `advice/${code}`, severity: 'advice', nodeId: node.id } as const;
  return { ...about, ...(param === undefined ? {} : { param }), message, fixes: [...fixes] };
}

/** 'a', 'b' and 3 more. */
export function namesOf(nodes: readonly { readonly name: string }[]): string {
  const shown = nodes.slice(0, 3).map(({ name }) => `'${name}'`);
  if (nodes.length > 3) return `${shown.join(', ')} and ${nodes.length - 3} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)!}`;
}

/** Groups layers by graph (the model, or a copy of a block): a fix edits one graph. */
export function byGraph(nodes: readonly ModelNode[]): ModelNode[][] {
  return [...Map.groupBy(nodes, ({ name }) => name.slice(0, name.lastIndexOf('/') + 1)).values()];
}
