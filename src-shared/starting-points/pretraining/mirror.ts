import type { JsonValue, ModelNode } from '../../document/schema/model-document.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { numberOf } from '../../layers/parameters/number.ts';
import { resolveParameters } from '../../layers/parameters/resolve-parameters.ts';
import type { ParameterValues } from '../../layers/parameters/resolve-parameters.ts';
import { sizesOf } from '../../layers/parameters/sizes.ts';

/** A layer of the decoder. */
export interface DecoderLayer {
  readonly kind: string;
  readonly params: Readonly<Record<string, JsonValue>>;
}

/** Shape of one example, without batch axis. */
type ExampleShape = readonly number[];

const CONVOLUTION = /^(?:Separable|Depthwise)?Conv([123])D$/;
const POOLING = /^(?:Max|Average)Pooling([123])D$/;
const GLOBAL_POOLING = /^Global(?:Max|Average)Pooling[123]D$/;
const RESHAPING = /^(?:Flatten|Reshape)$/;
const MARGINS = /^(?:ZeroPadding|Cropping)[123]D$/;

/**
 * Layers that turn what a layer of the encoder gives back into the shape that it receives; none where a layer without a
 * counterpart keeps the shape (activations, normalizations, noise, sums).
 *
 * @param before Shape that the encoder's layer receives.
 * @param after Shape that it gives, which the first of the new layers receives.
 */
export function mirrored(node: ModelNode, before: ExampleShape, after: ExampleShape): DecoderLayer[] {
  const { kind, params: given } = node;
  const definition = layerCatalog.get(kind);
  const params = definition === undefined ? given : resolveParameters(definition, given).values;
  if (kind === 'Dense' && before.length === after.length) return [dense(before.at(-1)!, params)];
  if (kind === 'Rescaling') return unscaled(params);
  if (CONVOLUTION.test(kind)) return transposedConvolution(params, before, after);
  if (POOLING.test(kind)) {
    const strides = sizesOf(params['strides'] ?? params['poolSize'], after.length - 1);
    return enlarged(strides, before, after);
  }
  if (GLOBAL_POOLING.test(kind)) return spread(before, after);
  if (RESHAPING.test(kind)) return [reshape(before)];
  if (MARGINS.test(kind)) return fitted(before, after);
  if (definition?.family === 'recurrent') return recurrent(kind, params, before, after);
  if (before.join() === after.join()) return [];
  return throughDense(before, after);
}

/** The activation of the encoder's layer. A linear layer gets ReLU, so that the decoder is not linear. */
function hiddenActivation({ activation = 'linear' }: ParameterValues): JsonValue {
  return activation === 'linear' || activation === 'softmax' || activation === 'logSoftmax' ? 'relu' : activation;
}

function initialized({ kernelInitializer }: ParameterValues): Record<string, JsonValue> {
  return kernelInitializer === undefined ? {} : { kernelInitializer };
}

function dense(units: number, params: ParameterValues): DecoderLayer {
  return { kind: 'Dense', params: { units, activation: hiddenActivation(params), ...initialized(params) } };
}

const reshape = (shape: ExampleShape): DecoderLayer => ({ kind: 'Reshape', params: { targetShape: [...shape] } });

/** The inverse of x · scale + offset. */
function unscaled(params: ParameterValues): DecoderLayer[] {
  const [scale, offset] = [numberOf(params['scale']), numberOf(params['offset'])];
  if (scale === 0 || (scale === 1 && offset === 0)) return [];
  return [{ kind: 'Rescaling', params: { scale: 1 / scale, offset: offset === 0 ? 0 : -offset / scale } }];
}

function transposedConvolution(params: ParameterValues, before: ExampleShape, after: ExampleShape): DecoderLayer[] {
  const axes = after.length - 1;
  const [kernel, strides, dilation] = ['kernelSize', 'strides', 'dilationRate'].map((name) =>
    sizesOf(params[name] ?? 1, axes),
  );
  const isValid = params['padding'] === 'valid' && dilation!.every((rate) => rate === 1);
  const size = after.slice(0, -1).map((extent, axis) => {
    const [window, stride] = [kernel![axis]!, strides![axis]!];
    return isValid ? (extent - 1) * stride + window + Math.max(stride - window, 0) : extent * stride;
  });
  const layer: DecoderLayer = {
    kind: `Conv${axes}DTranspose`,
    params: {
      filters: before.at(-1)!,
      kernelSize: sized(kernel!),
      strides: sized(strides!),
      padding: isValid ? 'valid' : 'same',
      activation: hiddenActivation(params),
      ...initialized(params),
    },
  };
  return [layer, ...fitted(before, [...size, before.at(-1)!])];
}

/** As a parameter: one number for sequences, else a list. */
const sized = (sizes: readonly number[]): JsonValue => (sizes.length === 1 ? sizes[0]! : [...sizes]);

/** Repeats values, as the inverse of a pooling with these strides. */
function enlarged(factors: readonly number[], before: ExampleShape, after: ExampleShape): DecoderLayer[] {
  const size = after.slice(0, -1).map((extent, axis) => extent * factors[axis]!);
  const layers = factors.some((factor) => factor > 1)
    ? [{ kind: `UpSampling${factors.length}D`, params: { size: sized(factors) } }]
    : [];
  return [...layers, ...fitted(before, [...size, after.at(-1)!])];
}

/** Gives each place of an image or step of a sequence the value that stands for all. */
function spread(before: ExampleShape, after: ExampleShape): DecoderLayer[] {
  const places = before.slice(0, -1);
  const one = [...places.map(() => 1), before.at(-1)!];
  const first = after.length === before.length ? [] : [reshape(one)];
  return [...first, ...enlarged(places, before, one)];
}

/** Crops, or pads with zeros, after the last places, until the size along each axis is that of `wanted`. */
function fitted(wanted: ExampleShape, received: ExampleShape): DecoderLayer[] {
  const axes = wanted.length - 1;
  const margins = (sign: 1 | -1): number[] =>
    wanted.slice(0, -1).map((extent, axis) => Math.max(0, sign * (extent - received[axis]!)));
  const asParameter = (after: readonly number[]): JsonValue => after.flatMap((margin) => [0, margin]);
  const [cropped, padded] = [margins(-1), margins(1)];
  return [
    ...(cropped.some((margin) => margin > 0)
      ? [{ kind: `Cropping${axes}D`, params: { cropping: asParameter(cropped) } }]
      : []),
    ...(padded.some((margin) => margin > 0)
      ? [{ kind: `ZeroPadding${axes}D`, params: { padding: asParameter(padded) } }]
      : []),
  ];
}

function recurrent(kind: string, params: ParameterValues, before: ExampleShape, after: ExampleShape): DecoderLayer[] {
  const repeat = after.length === before.length ? [] : [{ kind: 'RepeatVector', params: { n: before[0]! } }];
  const { activation = 'tanh' } = params;
  return [...repeat, { kind, params: { units: before.at(-1)!, activation, returnSequences: true } }];
}

/** For all other layers. */
function throughDense(before: ExampleShape, after: ExampleShape): DecoderLayer[] {
  const isLastAxisOnly = before.length === after.length && before.slice(0, -1).join() === after.slice(0, -1).join();
  if (isLastAxisOnly) return [dense(before.at(-1)!, {})];
  return [
    ...(after.length > 1 ? [{ kind: 'Flatten', params: {} }] : []),
    dense(
      before.reduce((size, extent) => size * extent, 1),
      {},
    ),
    ...(before.length > 1 ? [reshape(before)] : []),
  ];
}
