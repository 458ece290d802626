import type { ModelAnalysis } from '../../compiler/graph/compiled.ts';
import { expandBlocks } from '../../compiler/expand/expand.ts';
import { readGraph } from '../../compiler/graph/graph.ts';
import { readInputs } from '../../compiler/graph/inputs.ts';
import type { ModelFeatures } from '../../compiler/graph/inputs.ts';
import { reproductionOf } from '../../compiler/graph/reproduction.ts';
import type { CreateId } from '../../document/edits/edits.ts';
import { withDescendants } from '../../document/schema/ancestors.ts';
import { isInput, OUTPUT } from '../../document/schema/ends.ts';
import type { ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import { snakeCase } from '../../document/schema/names.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { EncoderBuilder, encoderNodes, MOST_PARAMETERS, PRETRAINING_CONFIGURATION } from './encoder.ts';
import type { AddedLayer, Pretraining } from './encoder.ts';
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

/** Why the layers up to `end` cannot be trained by an autoencoder, and what to do; null if they can. Their shapes are known. */
export function autoencoderRefusal(
  document: ModelDocument,
  end: ModelNode,
  analyzed: ModelAnalysis['nodes'],
): string | null {
  const kept = encoderNodes(document, end);
  const inputs = kept.filter(isInput);
  if (inputs.length === 0) {
    return `'${end.name}' is expected to depend on an Input; it depends on none. Select a layer that depends on one.`;
  }
  const embedding = kept.find(({ kind }) => kind === 'Embedding');
  if (embedding !== undefined) {
    return `'${embedding.name}' reads numbers of categories, which an autoencoder cannot reproduce. Let the layers predict a masked or the next token, or select a layer that does not depend on it.`;
  }
  for (const node of kept) {
    const shape = analyzed.get(node.id)!.outputShape!;
    if (shape.slice(1).includes(null)) {
      return `'${node.name}' gives ${shape.length - 1} axes of which one has no fixed size; an autoencoder needs fixed sizes. Give the Input a fixed size.`;
    }
  }
  return inputs.map((input) => largeDecoder(pathFrom(document, input, end, analyzed))).find(Boolean) ?? null;
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
 * the one before. Normalizations are trained with the layer before them. Of several Inputs, the way with most such layers
 * counts; layers on other ways are trained with the layer that joins them.
 */
export function layerByLayer(
  document: ModelDocument,
  end: ModelNode,
  analyzed: ModelAnalysis['nodes'],
): readonly PretrainingPart[] {
  const startsOn = (path: readonly ModelNode[]): number[] =>
    path.flatMap((node, index) => {
      const isTrained = (analyzed.get(node.id)?.trainableParameters ?? 0) > 0 && !node.frozen;
      return isTrained && layerCatalog.get(node.kind)?.family !== 'normalization' ? [index] : [];
    });
  const ways = encoderNodes(document, end)
    .filter(isInput)
    .map((input) => pathFrom(document, input, end, analyzed).map(({ node }) => node));
  const path = ways.reduce((most, way) => (startsOn(way).length > startsOn(most).length ? way : most));
  const starts = startsOn(path);
  if (starts.length === 0) return [{ end, trainedUpTo: null }];
  const ends = [...starts.slice(1).map((start) => path[start - 1]!), end];
  return ends.map((last, index) => ({ end: last, trainedUpTo: ends[index - 1] ?? null }));
}

/**
 * The part of the model up to a layer, with the same names, and a decoder for each of its Inputs that mirrors the way from
 * there; its Output reproduces the Input. The losses of the Outputs are added. The document's named weights stay: training
 * starts from them. Call only if `pretrainingRefusal` returns null.
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
): Pretraining {
  const trained = new Set(trainedUpTo === null ? [] : encoderNodes(document, trainedUpTo).map(({ id }) => id));
  const builder = new EncoderBuilder(document, end, createId, trained);
  // The same names in each autoencoder of a model: the next one starts from the weights of the one before.
  const isOne = document.nodes.filter(isInput).length === 1;
  const losses = encoderNodes(document, end)
    .filter(isInput)
    .map((input) => {
      const isUnit = reproducesUnit(document, input, features);
      withNoise(noise, input.id, builder);
      const named = (name: string): string => (isOne ? name : `${name}_${input.name}`);
      let last = end.id;
      for (const layer of decoderOf(pathFrom(document, input, end, analyzed), trained)) {
        last = builder.add({ ...layer, name: named(layer.name) }, last);
      }
      if (isUnit) {
        last = builder.add({ kind: 'Activation', params: { activation: 'sigmoid' }, name: named('decoded') }, last);
      }
      const output = { kind: OUTPUT, params: { reproduces: input.name }, name: named('reproduced') };
      const loss = isUnit ? 'binaryCrossentropy' : 'meanSquaredError';
      return { output: builder.nameOf(builder.add(output, last)), loss } as const;
    });
  const [first, ...others] = losses;
  return {
    document: builder.build('autoencoder'),
    configuration: {
      ...PRETRAINING_CONFIGURATION,
      loss: first!.loss,
      outputs: Object.fromEntries(others.map(({ output, loss }) => [output, { loss }])),
    },
    layers: builder.trained(analyzed),
    made: null,
  };
}

interface PathLayer {
  readonly node: ModelNode;
  /** Shapes of one example, without batch axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Layers on one way from an Input to `end`; where layers join several values that depend on it, the way of the first. */
function pathFrom(
  { nodes, edges }: ModelDocument,
  input: ModelNode,
  end: ModelNode,
  analyzed: ModelAnalysis['nodes'],
): PathLayer[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const depending = new Set(withDescendants({ nodes, edges }, [input.id]));
  const path: PathLayer[] = [];
  const shapeOf = ({ id }: ModelNode): number[] =>
    analyzed
      .get(id)!
      .outputShape!.slice(1)
      .map((size) => size!);
  for (let node = end; ;) {
    const edge = edges.find(({ source, target }) => target === node.id && depending.has(source));
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

/** Puts noise between an Input and the layers that read it. */
function withNoise({ kind, amount }: PretrainingNoise, inputId: string, builder: EncoderBuilder): void {
  if (kind === 'none' || amount === 0) return;
  const { edges } = builder;
  const reading = edges.flatMap((edge, index) => (edge.source === inputId ? [index] : []));
  const noise =
    kind === 'gaussian'
      ? { kind: 'GaussianNoise', params: { stddev: amount }, name: 'noise' }
      : { kind: 'Dropout', params: { rate: amount }, name: 'masking' };
  const source = builder.add(noise, inputId);
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
function decoderOf(path: readonly PathLayer[], trained: ReadonlySet<string>): AddedLayer[] {
  const layers = path.toReversed().flatMap(({ node, before, after }) =>
    mirrored(node, before, after).map((layer): AddedLayer => {
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
