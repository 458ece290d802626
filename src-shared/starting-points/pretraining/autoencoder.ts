import type { ModelAnalysis } from '../../compiler/graph/compiled.ts';
import { expandBlocks } from '../../compiler/expand/expand.ts';
import { readGraph } from '../../compiler/graph/graph.ts';
import { readInputs } from '../../compiler/graph/inputs.ts';
import type { ModelFeatures } from '../../compiler/graph/inputs.ts';
import { reproductionOf } from '../../compiler/graph/reproduction.ts';
import { layout } from '../../canvas/layout/layout.ts';
import { namesOf, remove } from '../../document/edits/edits.ts';
import type { CreateId } from '../../document/edits/edits.ts';
import { flowDirection } from '../../document/geometry/flow-direction.ts';
import { applyChange } from '../../document/history/operations.ts';
import { withAncestors } from '../../document/schema/ancestors.ts';
import { isInput, isOutput, OUTPUT } from '../../document/schema/ends.ts';
import type { ModelDocument, ModelEdge, ModelNode } from '../../document/schema/model-document.ts';
import { snakeCase, uniqueName } from '../../document/schema/names.ts';
import { ownerOf } from '../../document/schema/shared-layers.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import type { TrainingConfiguration } from '../../training/configuration/configuration.ts';
import { mirrored } from './mirror.ts';
import type { DecoderLayer } from './mirror.ts';

/** What is done to the examples that an autoencoder receives; it is to give them as they were. */
export const noiseKinds = ['none', 'gaussian', 'masking'] as const;

export interface PretrainingNoise {
  readonly kind: (typeof noiseKinds)[number];
  /** 'gaussian': standard deviation, in the units of the prepared data; 'masking': part of the values that become 0. */
  readonly amount: number;
}

/** Source: Vincent et al., ICML (2008): a quarter of the values is masked. */
export const usualAmount: Readonly<Record<PretrainingNoise['kind'], number>> = {
  none: 0,
  gaussian: 0.2,
  masking: 0.25,
};

/** A model that reproduces its Input, and how it is trained. */
export interface Autoencoder {
  readonly document: ModelDocument;
  /** Replaces that of the project for its run. */
  readonly configuration: Partial<TrainingConfiguration>;
  /** Names of the layers with weights that it trains for the model. */
  readonly layers: readonly string[];
}

/** "'conv', 'dense'", or of many "'conv' … 'dense'". */
export function layersInWords(layers: readonly string[]): string {
  const quoted = layers.map((name) => `'${name}'`);
  return quoted.length <= 3 ? quoted.join(', ') : `${quoted[0]} … ${quoted.at(-1)}`;
}

/** Larger Dense layers are refused, where a layer has no counterpart and its input is large. */
const MOST_PARAMETERS = 50_000_000;

/** Why the layers up to `end` cannot be pretrained, and what to do; null if they can. */
export function pretrainingRefusal(
  document: ModelDocument,
  end: ModelNode,
  analyzed: ModelAnalysis['nodes'],
): string | null {
  if (isInput(end)) return `'${end.name}' is an Input. Select a layer after it, up to which the model is pretrained.`;
  if (isOutput(end))
    return `'${end.name}' is an Output. Select a layer before it, up to which the model is pretrained.`;
  const kept = encoderNodes(document, end);
  const inputs = kept.filter(isInput);
  if (inputs.length !== 1) {
    const received =
      inputs.length === 0 ? 'none' : `${inputs.length}: ${inputs.map(({ name }) => `'${name}'`).join(', ')}`;
    return `'${end.name}' is expected to depend on one Input; it depends on ${received}. Select a layer that depends on one.`;
  }
  const embedding = kept.find(({ kind }) => kind === 'Embedding');
  if (embedding !== undefined) {
    return `'${embedding.name}' reads numbers of categories, which an autoencoder cannot reproduce. Select a layer that does not depend on it.`;
  }
  const ids = new Set(kept.map(({ id }) => id));
  const shared = kept.find((node) => !ids.has(ownerOf(document.nodes, node).id));
  if (shared !== undefined) {
    const owner = ownerOf(document.nodes, shared);
    return `'${shared.name}' uses the weights of '${owner.name}', which comes later. Select a later layer, or give it its own weights.`;
  }
  for (const node of kept) {
    const shape = analyzed.get(node.id)?.outputShape ?? null;
    if (shape === null) return `The output shape of '${node.name}' is not known. Solve the model's problems first.`;
    if (shape.slice(1).includes(null)) {
      return `'${node.name}' gives ${shape.length - 1} axes of which one has no fixed size; an autoencoder needs fixed sizes. Give the Input a fixed size.`;
    }
  }
  const weighted = kept.filter((node) => (analyzed.get(node.id)?.parameters ?? 0) > 0);
  if (weighted.length === 0) return `No layer up to '${end.name}' has weights. Select a later layer.`;
  if (weighted.every(({ frozen }) => frozen)) {
    return `All layers with weights up to '${end.name}' are frozen, so none would learn. Unfreeze some first.`;
  }
  return largeDecoder(pathTo(document, end, analyzed));
}

/** Which layers an autoencoder has, and which of them it trains. */
export interface PretrainingPart {
  /** The last layer of the encoder. */
  readonly end: ModelNode;
  /** The layers up to this one have been trained by an autoencoder before, and are frozen with their decoder; null: none. */
  readonly trainedUpTo: ModelNode | null;
}

/**
 * Parts for autoencoders that train the layers up to `end` one after the other: each has one more layer with weights than
 * the one before. Normalizations are trained with the layer before them.
 */
export function layerByLayer(
  document: ModelDocument,
  end: ModelNode,
  analyzed: ModelAnalysis['nodes'],
): readonly PretrainingPart[] {
  const path = pathTo(document, end, analyzed).map(({ node }) => node);
  const starts = path.flatMap((node, index) => {
    const isTrained = (analyzed.get(node.id)?.trainableParameters ?? 0) > 0 && !node.frozen;
    return isTrained && layerCatalog.get(node.kind)?.family !== 'normalization' ? [index] : [];
  });
  if (starts.length === 0) return [{ end, trainedUpTo: null }];
  const ends = [...starts.slice(1).map((start) => path[start - 1]!), end];
  return ends.map((last, index) => ({ end: last, trainedUpTo: ends[index - 1] ?? null }));
}

/**
 * The part of the model up to a layer, with the same names, and a decoder that mirrors it; its Output reproduces the
 * Input. The document's named weights stay: training starts from them. Call only if `pretrainingRefusal` returns null.
 *
 * For values between 0 and 1 the decoder ends in a sigmoid and the loss is the binary cross-entropy, else it is linear
 * with the mean squared error.
 *
 * Sources: Bengio et al., NIPS (2006); Vincent et al., ICML (2008).
 */
export function autoencoderUpTo(
  document: ModelDocument,
  { end, trainedUpTo }: PretrainingPart,
  features: ModelFeatures,
  analyzed: ModelAnalysis['nodes'],
  noise: PretrainingNoise,
  createId: CreateId,
): Autoencoder {
  const kept = new Set(encoderNodes(document, end).map(({ id }) => id));
  const trained = new Set(trainedUpTo === null ? [] : encoderNodes(document, trainedUpTo).map(({ id }) => id));
  const left = document.nodes.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
  const encoder = applyChange(document, remove(document, left));
  const input = encoder.nodes.find(isInput)!;
  const isUnit = reproducesUnit(document, input, features);
  // No name of the model: its layers would get the decoder's weights.
  const names = namesOf(document);
  const nodes = encoder.nodes.map((node) => inPretraining(node, trained.has(node.id)));
  const edges = [...encoder.edges];
  const add: Add = ({ kind, params, name: wanted, frozen = false }, source) => {
    const name = uniqueName(wanted, names);
    names.add(name);
    const node = { id: createId(), kind, name, params: { ...params }, position: input.position, frozen };
    nodes.push(node);
    edges.push({ id: createId(), source, target: node.id });
    return node.id;
  };
  withNoise(noise, input.id, edges, add);
  let last = end.id;
  for (const layer of decoderOf(pathTo(document, end, analyzed), trained)) last = add(layer, last);
  if (isUnit) last = add({ kind: 'Activation', params: { activation: 'sigmoid' }, name: 'decoded' }, last);
  add({ kind: OUTPUT, params: { reproduces: input.name }, name: 'reproduced' }, last);
  const positions = layout({ nodes, edges, blocks: encoder.blocks }, flowDirection(document));
  const placed = nodes.map((node) => ({ ...node, position: positions.get(node.id) ?? node.position }));
  const { notes: _, groups: __, ...rest } = encoder;
  return {
    document: { ...rest, name: `${document.name}, autoencoder`, nodes: placed, edges },
    configuration: {
      loss: isUnit ? 'binaryCrossentropy' : 'meanSquaredError',
      metrics: [],
      classWeights: 'none',
      outputs: {},
      phases: undefined,
      earlyStopping: undefined,
      best: undefined,
    },
    layers: nodes
      .filter(({ id, frozen }) => kept.has(id) && !frozen && (analyzed.get(id)?.trainableParameters ?? 0) > 0)
      .map(({ name }) => name),
  };
}

/** The layer and all that it depends on, in document order. */
function encoderNodes(document: ModelDocument, end: ModelNode): ModelNode[] {
  const kept = new Set(withAncestors(document, [end.id]));
  return document.nodes.filter(({ id }) => kept.has(id));
}

interface PathLayer {
  readonly node: ModelNode;
  /** Shapes of one example, without batch axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Layers on one way from the Input to `end`; where layers join several values, the way of the first. */
function pathTo({ nodes, edges }: ModelDocument, end: ModelNode, analyzed: ModelAnalysis['nodes']): PathLayer[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const path: PathLayer[] = [];
  const shapeOf = ({ id }: ModelNode): number[] =>
    analyzed
      .get(id)!
      .outputShape!.slice(1)
      .map((size) => size!);
  for (let node = end; ;) {
    const edge = edges.find(({ target }) => target === node.id);
    const source = edge === undefined ? undefined : byId.get(edge.source);
    if (source === undefined) return path;
    path.unshift({ node, before: shapeOf(source), after: shapeOf(node) });
    node = source;
  }
}

function largeDecoder(path: readonly PathLayer[]): string | null {
  const found = path.find(({ node, before, after }) => {
    const isFlattened = mirrored(node, before, after).some(({ kind }) => kind === 'Flatten');
    return isFlattened && product(before) * product(after) > MOST_PARAMETERS;
  });
  if (found === undefined) return null;
  const { node, before, after } = found;
  return `To turn ${after.join(' × ')} values of '${node.name}' back into ${before.join(' × ')}, the decoder would need ${(product(before) * product(after)).toLocaleString('en')} parameters. Select an earlier layer, or use smaller pictures.`;
}

const product = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1);

/** Whether the Input's prepared values are all between 0 and 1, as far as the data says. */
function reproducesUnit(document: ModelDocument, { id }: ModelNode, features: ModelFeatures): boolean {
  const { parts } = readInputs(readGraph(expandBlocks(document).document), features);
  const part = parts.get(id);
  const aim = part === undefined ? null : reproductionOf(part, features);
  const isKnown = part !== undefined && part.columns.length > 0;
  return isKnown && aim?.kind === 'input' && aim.beyondUnit.length === 0;
}

/** Layers that move or turn pictures are off: the Output would have to guess how. */
function inPretraining(node: ModelNode, isTrained: boolean): ModelNode {
  const { group: _, ...rest } = node;
  const kept = isTrained ? { ...rest, frozen: true } : rest;
  return node.kind.startsWith('Random') ? { ...kept, training: false } : kept;
}

interface NamedLayer extends DecoderLayer {
  readonly name: string;
  readonly frozen?: boolean;
}

/** Adds a layer after another. @returns Its id. */
type Add = (layer: NamedLayer, source: string) => string;

/** Puts noise between the Input and the layers that read it. */
function withNoise({ kind, amount }: PretrainingNoise, inputId: string, edges: ModelEdge[], add: Add): void {
  if (kind === 'none' || amount === 0) return;
  const reading = edges.flatMap((edge, index) => (edge.source === inputId ? [index] : []));
  const noise =
    kind === 'gaussian'
      ? { kind: 'GaussianNoise', params: { stddev: amount }, name: 'noise' }
      : { kind: 'Dropout', params: { rate: amount }, name: 'masking' };
  const source = add(noise, inputId);
  for (const index of reading) edges[index] = { ...edges[index]!, source };
}

const isRecurrent = ({ kind }: DecoderLayer): boolean => layerCatalog.get(kind)?.family === 'recurrent';
const hasWeights = (layer: DecoderLayer): boolean =>
  layer.kind === 'Dense' || layer.kind.startsWith('Conv') || isRecurrent(layer);

/**
 * The layers that mirror the encoder, the last of them with weights linear.
 *
 * @param trained Ids of the encoder's layers that are frozen, as are the layers that mirror them.
 */
function decoderOf(path: readonly PathLayer[], trained: ReadonlySet<string>): NamedLayer[] {
  const layers = path.toReversed().flatMap(({ node, before, after }) =>
    mirrored(node, before, after).map((layer): NamedLayer => {
      // The same name in each autoencoder of a model: the next one starts from the weights of the one before.
      const name = `decoder_${node.name}`;
      return hasWeights(layer)
        ? { ...layer, name, frozen: trained.has(node.id) }
        : { ...layer, name: `${name}_${snakeCase(layer.kind)}` };
    }),
  );
  const last = layers.findLastIndex(hasWeights);
  const layer = layers[last];
  if (layer === undefined || isRecurrent(layer)) {
    const params = { units: path[0]!.before.at(-1)! };
    return [...layers, { kind: 'Dense', params, name: 'decoder', frozen: trained.size > 0 }];
  }
  const { activation: _, kernelInitializer: __, ...params } = layer.params;
  return layers.map((each, index) => (index === last ? { ...each, params } : each));
}
