import { activation } from './activation.ts';
import { activityRegularization } from './activity-regularization.ts';
import { alphaDropout } from './alpha-dropout.ts';
import { additiveAttention, attention } from './attention.ts';
import { batchNormalization } from './batch-normalization.ts';
import { blockEnds } from './block-ends.ts';
import { bidirectional } from './bidirectional.ts';
import { concatenate } from './concatenate.ts';
import { conv1d } from './conv1d.ts';
import { conv2d } from './conv2d.ts';
import { conv2dTranspose } from './conv2d-transpose.ts';
import { conv3d } from './conv3d.ts';
import { conv3dTranspose } from './conv3d-transpose.ts';
import { cropping } from './cropping.ts';
import { dense } from './dense.ts';
import { depthwiseConv2d } from './depthwise-conv2d.ts';
import { dot } from './dot.ts';
import { dropout } from './dropout.ts';
import { elu } from './elu.ts';
import { embedding } from './embedding.ts';
import { flatten } from './flatten.ts';
import { formula } from './formula.ts';
import { gaussianDropout } from './gaussian-dropout.ts';
import { gaussianNoise } from './gaussian-noise.ts';
import { globalPooling } from './global-pooling.ts';
import { groupNormalization } from './group-normalization.ts';
import { gru } from './gru.ts';
import { input } from './input.ts';
import type { LayerDefinition } from './layer.ts';
import { layerNormalization } from './layer-normalization.ts';
import { leakyRelu } from './leaky-relu.ts';
import { elementwiseMerges } from './merge.ts';
import { lstm } from './lstm.ts';
import { masking } from './masking.ts';
import { multiHeadAttention } from './multi-head-attention.ts';
import { normalization } from './normalization.ts';
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
import { simpleRnn } from './simple-rnn.ts';
import { softmax } from './softmax.ts';
import { spatialDropout } from './spatial-dropout.ts';
import { timeDistributed } from './time-distributed.ts';
import { unitNormalization } from './unit-normalization.ts';
import { upSampling } from './up-sampling.ts';
import { zeroPadding } from './zero-padding.ts';

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
  normalization,
  ...zeroPadding,
  ...cropping,
  ...upSampling,
  conv1d,
  conv2d,
  conv2dTranspose,
  conv3d,
  conv3dTranspose,
  depthwiseConv2d,
  ...separableConvolutions,
  ...pooling,
  ...globalPooling,
  lstm,
  gru,
  simpleRnn,
  bidirectional,
  timeDistributed,
  masking,
  multiHeadAttention,
  attention,
  additiveAttention,
  batchNormalization,
  layerNormalization,
  groupNormalization,
  unitNormalization,
  dropout,
  ...spatialDropout,
  alphaDropout,
  gaussianDropout,
  gaussianNoise,
  activityRegularization,
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
  formula,
  output,
];

/** Layers by kind; the ends of blocks too, which the palette offers inside a block alone. */
export const layerCatalog: ReadonlyMap<string, LayerDefinition> = new Map(
  [...layers, ...blockEnds].map((layer) => [layer.kind, layer]),
);
