import type { JsonValue } from '../../../document/schema/model-document.ts';
import { snakeCase } from '../../../document/schema/names.ts';
import type { Sketch, SketchLayer } from '../../../starting-points/sketch.ts';
import type { OnnxNode } from './onnx-model.ts';
import type { WeightView } from './weight-view.ts';

/** Weights of a layer, by Keras's name of the variable. */
export type LayerWeights = Readonly<Record<string, WeightView>>;

/** A layer that is being read. Later operations can become its bias or activation. */
export interface DraftLayer {
  kind: string;
  params: Record<string, JsonValue>;
  readonly from: readonly DraftLayer[];
  readonly name: string;
  weights: LayerWeights;
  /** The layer whose weights it uses. */
  readonly weightsOf: DraftLayer | null;
  readonly frozen: boolean;
  /** Whether other nodes of the file have its weights too, so that it must stay as it is. */
  readonly shared: boolean;
  /** Values of the file that are its output as it is. */
  readonly outputs: Set<string>;
}

/** The layers that a file becomes. */
export class OnnxDraft {
  readonly #layers: DraftLayer[] = [];
  readonly #consumers: ReadonlyMap<string, number>;
  readonly #owners = new Map<string, DraftLayer>();
  /** Names of the file's inputs that layers need with channels last. */
  readonly wishes = new Set<string>();
  readonly #model: string;
  #base = '';

  /** @param consumers How often each value of the file is used, as an output of the file too. */
  constructor(consumers: ReadonlyMap<string, number>, nodes: readonly OnnxNode[]) {
    this.#consumers = consumers;
    this.#model = modelNameOf(nodes);
  }

  /** Begins a node: layers without a name have one made of the node's. */
  begin(node: OnnxNode): void {
    this.#base = readableName(node, this.#model);
  }

  get base(): string {
    return this.#base;
  }

  nameBeside(kind: string): string {
    return `${this.#base}_${snakeCase(kind)}`;
  }

  add(
    kind: string,
    params: Record<string, JsonValue>,
    from: readonly DraftLayer[],
    name = this.#base,
    more: { weights?: LayerWeights; weightsOf?: DraftLayer | null; frozen?: boolean; shared?: boolean } = {},
  ): DraftLayer {
    const { weights = {}, weightsOf = null, frozen = false, shared = false } = more;
    const layer = { kind, params, from, name, weights, weightsOf, frozen, shared, outputs: new Set<string>() };
    this.#layers.push(layer);
    return layer;
  }

  /**
   * Adds a layer with weights. A layer of the same kind, parameters and weights is the same layer, called again.
   *
   * @param identity Names of the file's weights, and all else that the weights depend on; null: never shared.
   */
  addShared(
    kind: string,
    params: Record<string, JsonValue>,
    from: readonly DraftLayer[],
    weights: LayerWeights,
    identity: string | null,
  ): DraftLayer {
    const key = JSON.stringify([kind, params, identity]);
    const owner = identity === null ? undefined : this.#owners.get(key);
    const layer = this.add(kind, params, from, this.#base, {
      ...(owner === undefined ? { weights } : { weightsOf: owner }),
      shared: identity !== null,
    });
    if (owner === undefined && identity !== null) this.#owners.set(key, layer);
    return layer;
  }

  /** Whether the value is the layer's output as it is, and nothing but one node uses it, so that the layer can change. */
  isOnlyUse(value: string, layer: DraftLayer): boolean {
    return !layer.shared && layer.outputs.has(value) && layer.outputs.size === 1 && this.#consumers.get(value) === 1;
  }

  /** Whether a chain of nodes that only read the layer's axes in another way leads to one node, so that the layer can change. */
  isOnlyChain(layer: DraftLayer): boolean {
    const isRead = layer.outputs.size > 0 && !layer.shared;
    return isRead && [...layer.outputs].every((name) => this.#consumers.get(name) === 1);
  }

  /** Notes that a layer needs an input of the file with channels last. */
  wish(input: string): void {
    this.wishes.add(input);
  }

  /** The layers that outputs depend on, and all inputs, in order. */
  sketch(outputs: readonly DraftLayer[]): { sketch: Sketch; layers: readonly DraftLayer[] } {
    const used = new Set<DraftLayer>(this.#layers.filter(({ kind }) => kind === 'Input'));
    const waiting = [...outputs];
    for (let layer = waiting.pop(); layer !== undefined; layer = waiting.pop()) {
      if (used.has(layer) && layer.kind !== 'Input') continue;
      used.add(layer);
      waiting.push(...layer.from, ...(layer.weightsOf === null ? [] : [layer.weightsOf]));
    }
    const layers = this.#layers.filter((layer) => used.has(layer));
    const places = new Map(layers.map((layer, place) => [layer, place]));
    const sketch = layers.map(({ kind, params, from, name, weightsOf, frozen }): SketchLayer => ({
      kind,
      params: weightsOf === null ? params : {},
      name,
      from: from.map((source) => places.get(source)!),
      ...(frozen ? { frozen } : {}),
      ...(weightsOf === null ? {} : { weightsOf: places.get(weightsOf)! }),
    }));
    return { sketch, layers };
  }
}

/** Ends of names that TensorFlow gives to the operations of a layer. */
const OF_TENSORFLOW =
  /^(MatMul|BiasAdd|Conv\dD|convolution|depthwise|Relu6?|LeakyRelu|Elu|Selu|Softmax|Sigmoid|Tanh|(Max|Avg)Pool\w*|Mean|Max|mul|add|Reshape|Tensordot)$/;

/** '/features/features.0/conv/Conv' → 'features.0_conv', 'node_conv2d' → 'conv2d', 'model/dense/MatMul' → 'dense'. */
function readableName({ name, opType, outputs }: OnnxNode, model = ''): string {
  const given = name === '' ? `${opType}_${outputs[0] ?? ''}` : name;
  const isOperation = (part: string): boolean => part.replace(/_\d+$/, '') === opType;
  const all = given.split(/[/:;]+/).filter((part) => part !== '');
  const parts = all.length > 1 && all[0] === model ? all.slice(1) : all;
  const last = parts.at(-1) ?? '';
  const own = parts.length > 1 && (isOperation(last) || OF_TENSORFLOW.test(last)) ? parts.slice(0, -1) : parts;
  const kept = own.filter((part, index) => !(own[index + 1] ?? '').startsWith(`${part}.`));
  const joined = kept
    .join('_')
    .replace(/^node_/, '')
    .trim()
    .slice(0, 80);
  if (isOperation(joined)) return snakeCase(joined);
  return /^\d*$/.test(joined) ? `${snakeCase(opType)}${joined === '' ? '' : `_${joined}`}` : joined;
}

/** The first part of the names, if nearly all have the same: exporters write the model's name there. */
function modelNameOf(nodes: readonly OnnxNode[]): string {
  const counts = new Map<string, number>();
  const parts = nodes.flatMap(({ name }) => /^\/?([^/]+)\//.exec(name)?.[1] ?? []);
  for (const part of parts) counts.set(part, (counts.get(part) ?? 0) + 1);
  const [[first, count] = ['', 0]] = [...counts].toSorted(([, a], [, b]) => b - a);
  return parts.length > 1 && count >= 0.8 * parts.length ? first : '';
}
