import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { BLOCK } from '../../src-shared/document/schema/blocks.ts';
import type {
  ModelBlock,
  ModelDocument,
  ModelEdge,
  ModelNode,
} from '../../src-shared/document/schema/model-document.ts';
import { layerCatalog, layers } from '../../src-shared/layers/catalog/catalog.ts';
import type { Shape } from '../../src-shared/program/language/types.ts';
import { chainBlock, layer, links } from './block-documents.ts';
import { Dice } from './dice.ts';
import { randomParameters } from './random-parameters.ts';

/** Layer kinds of a random model, including a block; Input and Output are added at its ends. */
export const innerKinds: readonly string[] = [
  ...layers.map(({ kind }) => kind).filter((kind) => kind !== 'Input' && kind !== 'Output'),
  BLOCK,
];
/** Layers that are valid in a block for any input. */
const blockKinds = ['Dense', 'Activation', 'LayerNormalization', 'BatchNormalization', 'Dropout', 'PReLU', 'Rescaling'];

/** Example shapes: features, sequences, images and volumes. */
const EXAMPLES: readonly (readonly number[])[] = [[5], [4, 3], [4, 4, 2], [4, 3, 3, 2]];
/** Models with more values are too slow to differentiate. */
const MAX_VALUES = 150;
const ATTEMPTS = 300;

export interface RandomModel {
  readonly seed: number;
  readonly document: ModelDocument;
  /** Kinds of its layers, in order. */
  readonly kinds: readonly string[];
  /** Inputs whose values are integers below this limit. */
  readonly wholeBelow: ReadonlyMap<string, number>;
}

/**
 * A random valid graph: layers are added after random existing ones, with random parameters, and kept if analysis
 * reports no problem. Remaining ends are connected to the Outputs.
 *
 * @param target A kind that must be in the graph.
 */
export function randomModel(seed: number, target: string): RandomModel {
  const dice = new Dice(seed, 'random-model');
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const draft = new Draft(dice, seed, target);
    if (draft.grow()) return draft.finish();
  }
  throw new Error(`Expected a model with a ${target}; made none in ${ATTEMPTS} attempts.`);
}

class Draft {
  private readonly dice: Dice;
  private readonly seed: number;
  private readonly target: string;
  private nodes: ModelNode[] = [];
  private edges: ModelEdge[] = [];
  private blocks: ModelBlock[] = [];
  private shapes = new Map<string, Shape>();
  private readonly wholeBelow = new Map<string, number>();

  constructor(dice: Dice, seed: number, target: string) {
    this.dice = dice;
    this.seed = seed;
    this.target = target;
  }

  /** @returns False if the target did not fit. */
  grow(): boolean {
    const { dice, target } = this;
    const inputs = dice.pick([1, 1, 2]);
    for (let i = 0; i < inputs; i++) this.addInput(target === 'Embedding' || dice.chance(10));
    const before = target === 'Embedding' ? 0 : dice.below(3);
    const after = dice.below(3);
    for (let i = 0; i < before; i++) this.tryKind(dice.pick(innerKinds));
    const found = Array.from({ length: 8 }).some(() => this.tryKind(target));
    for (let i = 0; found && i < after; i++) this.tryKind(dice.pick(innerKinds));
    return found;
  }

  finish(): RandomModel {
    if (this.dice.chance(40)) this.useAgain();
    const read = new Set(this.edges.map((edge) => edge.source));
    const open = this.nodes.filter((node) => !read.has(node.id));
    open.forEach((node, index) => {
      let last = node.id;
      // Outputs are rows of numbers.
      if (this.shapes.get(last)!.length !== 2) last = this.append('Flatten', [last], {});
      last = this.append('Dense', [last], { units: 2 });
      this.append('Output', [last], {}, `output${index}`);
    });
    const kinds = this.nodes.map(({ kind }) => kind).filter((kind) => kind !== 'Input' && kind !== 'Output');
    return { seed: this.seed, document: this.document(), kinds, wholeBelow: this.wholeBelow };
  }

  private document(): ModelDocument {
    return {
      format: 'lamina.model',
      version: 6,
      name: 'random',
      nodes: this.nodes,
      edges: this.edges,
      blocks: this.blocks,
    };
  }

  private addInput(whole: boolean): void {
    const id = this.append('Input', [], { shape: [...(whole ? [3] : this.dice.pick(EXAMPLES))] });
    if (!whole) {
      this.remember();
      return;
    }
    const inputDim = this.dice.from(2, 4);
    this.wholeBelow.set(id, inputDim);
    this.append('Embedding', [id], { inputDim, outputDim: 3, maskZero: this.dice.chance(30) });
    this.remember();
  }

  /** Adds a node without validation. @returns Its id. */
  private append(kind: string, sources: readonly string[], params: ModelNode['params'], name?: string): string {
    const id = name ?? `${kind.toLowerCase()}${this.nodes.length}`;
    const frozen = kind !== 'Input' && this.dice.chance(10);
    this.nodes.push({ id, kind, name: id, params, position: { x: 0, y: 0 }, frozen });
    const ports = layerCatalog.get(kind)?.inputs.ports;
    const edges = sources.map((source, i) => {
      const port = ports?.[i];
      return {
        id: `${source}-${id}-${i}`,
        source,
        target: id,
        ...(port === undefined ? {} : { targetPort: port.name }),
      };
    });
    // The order of edges to named inputs has no effect.
    this.edges.push(...(ports === undefined ? edges : edges.reverse()));
    return id;
  }

  /** Adds a layer after random others; removes it if it does not fit. */
  private tryKind(kind: string): boolean {
    // Indices of an embedding come directly from its Input.
    if (kind === 'Embedding') return this.nodes.some((node) => node.kind === 'Embedding');
    if (kind === BLOCK) return this.tryBlock();
    const { dice } = this;
    const { inputs } = layerCatalog.get(kind)!;
    const count = Math.min(inputs.max, inputs.min + (inputs.max > inputs.min ? dice.below(2) : 0));
    const values = [...this.shapes.keys()].filter((id) => !this.wholeBelow.has(id));
    const first = dice.pick(values);
    const alike = values.filter((id) => this.shapes.get(id)!.length === this.shapes.get(first)!.length);
    const sources = [first, ...Array.from({ length: count - 1 }, () => dice.pick(alike))];
    const definition = layerCatalog.get(kind)!;
    const shapes = sources.map((id) => this.shapes.get(id)!);
    const [nodes, edges] = [this.nodes, this.edges];
    this.nodes = [...nodes];
    this.edges = [...edges];
    this.append(kind, sources, randomParameters(dice, definition, shapes));
    if (this.remember()) return true;
    this.nodes = nodes;
    this.edges = edges;
    return false;
  }

  /** Adds a block after a random node: some layers, with or without a skip connection, repeated. */
  private tryBlock(): boolean {
    const { dice, nodes, edges, blocks } = this;
    const source = dice.pick([...this.shapes.keys()].filter((id) => !this.wholeBelow.has(id)));
    const shape = this.shapes.get(source)!;
    const name = `stack${nodes.length}`;
    const inner = Array.from({ length: dice.from(1, 3) }, (_, i) => {
      const kind = dice.pick(blockKinds);
      const params = randomParameters(dice, layerCatalog.get(kind)!, [shape], true);
      // The copies read their own output.
      return layer(kind, `inner${i}`, kind === 'Dense' ? { ...params, units: { parameter: 'units' } } : params);
    });
    const chained = chainBlock(name, inner, [{ name: 'units', default: shape.at(-1)! }]);
    const last = inner.at(-1)!.name;
    const residual: ModelBlock = {
      ...chained,
      nodes: [...chained.nodes.slice(0, -1), layer('Add', 'add'), chained.nodes.at(-1)!],
      edges: [...chained.edges.slice(0, -1), ...links('in>add', `${last}>add`, 'add>out')],
    };
    this.nodes = [...nodes];
    this.edges = [...edges];
    this.blocks = [...blocks, dice.chance(50) ? residual : chained];
    this.append(BLOCK, [source], { block: name, repeat: dice.from(1, 3) });
    if (this.remember()) return true;
    this.nodes = nodes;
    this.edges = edges;
    this.blocks = blocks;
    return false;
  }

  /** Adds a further call of a layer with one input, on the same input. */
  private useAgain(): void {
    const owners = this.nodes.filter(
      ({ id, kind }) =>
        kind !== 'Input' && kind !== 'Embedding' && this.edges.filter(({ target }) => target === id).length === 1,
    );
    if (owners.length === 0) return;
    const { id, kind, params } = this.dice.pick(owners);
    const { source } = this.edges.find(({ target }) => target === id)!;
    this.append(kind, [source], kind === BLOCK ? { block: params['block']! } : {});
    this.nodes.splice(-1, 1, { ...this.nodes.at(-1)!, frozen: false, weightsOf: id });
    if (!this.remember()) throw new Error(`Expected that '${id}' can be used again; received a problem.`);
  }

  /** Infers the shape of the newest layer. @returns False if it has a problem. */
  private remember(): boolean {
    const { id } = this.nodes.at(-1)!;
    const { nodes, problems } = analyze(this.document(), null);
    const shape = nodes.get(id)?.outputShape ?? null;
    const wrong = problems.some((problem) => problem.nodeId === id && problem.severity === 'error');
    if (shape === null || wrong) return false;
    const size = shape.slice(1).reduce<number>((product, axis) => product * axis!, 1);
    if (size > MAX_VALUES || size === 0) return false;
    for (const node of this.nodes) {
      const known = nodes.get(node.id)?.outputShape ?? null;
      if (known !== null) this.shapes.set(node.id, known);
    }
    return true;
  }
}
