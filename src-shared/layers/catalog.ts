import { activation } from './activation.ts';
import { alphaDropout } from './alpha-dropout.ts';
import { batchNormalization } from './batch-normalization.ts';
import { concatenate } from './concatenate.ts';
import { conv1d } from './conv1d.ts';
import { conv2d } from './conv2d.ts';
import { conv2dTranspose } from './conv2d-transpose.ts';
import { cropping1d } from './cropping-1d.ts';
import { cropping2d } from './cropping-2d.ts';
import { dense } from './dense.ts';
import { depthwiseConv2d } from './depthwise-conv2d.ts';
import { dot } from './dot.ts';
import { dropout } from './dropout.ts';
import { elu } from './elu.ts';
import { embedding } from './embedding.ts';
import { flatten } from './flatten.ts';
import { gaussianDropout } from './gaussian-dropout.ts';
import { gaussianNoise } from './gaussian-noise.ts';
import { globalPooling } from './global-pooling.ts';
import { groupNormalization } from './group-normalization.ts';
import { input } from './input.ts';
import type { LayerDefinition } from './layer.ts';
import { layerNormalization } from './layer-normalization.ts';
import { leakyRelu } from './leaky-relu.ts';
import { elementwiseMerges } from './merge.ts';
import { output } from './output.ts';
import { permute } from './permute.ts';
import { pooling } from './pooling.ts';
import { prelu } from './prelu.ts';
import { relu } from './relu.ts';
import { repeatVector } from './repeat-vector.ts';
import { rescaling } from './rescaling.ts';
import { reshape } from './reshape.ts';
import { rrelu } from './rrelu.ts';
import { separableConvolutions } from './separable-conv.ts';
import { softmax } from './softmax.ts';
import { spatialDropout1d, spatialDropout2d } from './spatial-dropout.ts';
import { unitNormalization } from './unit-normalization.ts';
import { upSampling1d } from './up-sampling-1d.ts';
import { upSampling2d } from './up-sampling-2d.ts';
import { zeroPadding1d } from './zero-padding-1d.ts';
import { zeroPadding2d } from './zero-padding-2d.ts';

/** Every kind of layer, in the order of the palette. */
export const layers: readonly LayerDefinition[] = [
  input,
  dense,
  flatten,
  reshape,
  permute,
  repeatVector,
  embedding,
  rescaling,
  zeroPadding1d,
  zeroPadding2d,
  cropping1d,
  cropping2d,
  upSampling1d,
  upSampling2d,
  conv1d,
  conv2d,
  conv2dTranspose,
  depthwiseConv2d,
  ...separableConvolutions,
  ...pooling,
  ...globalPooling,
  batchNormalization,
  layerNormalization,
  groupNormalization,
  unitNormalization,
  dropout,
  spatialDropout1d,
  spatialDropout2d,
  alphaDropout,
  gaussianDropout,
  gaussianNoise,
  activation,
  relu,
  leakyRelu,
  prelu,
  rrelu,
  elu,
  softmax,
  ...elementwiseMerges,
  concatenate,
  dot,
  output,
];

/** Layers by kind. */
export const layerCatalog: ReadonlyMap<string, LayerDefinition> = new Map(layers.map((layer) => [layer.kind, layer]));
