import { activation } from '../kinds/activation/activation.ts';
import { activityRegularization } from '../kinds/regularization/activity-regularization.ts';
import { alphaDropout } from '../kinds/regularization/alpha-dropout.ts';
import { additiveAttention, attention } from '../kinds/attention/attention.ts';
import { batchNormalization } from '../kinds/normalization/batch-normalization.ts';
import { blockEnds } from '../definition/block-ends.ts';
import { bidirectional } from '../kinds/wrappers/bidirectional.ts';
import { centerCrop } from '../kinds/image/center-crop.ts';
import { concatenate } from '../kinds/merging/concatenate.ts';
import { convolutions } from '../kinds/convolution/conv.ts';
import { transposedConvolutions } from '../kinds/convolution/conv-transpose.ts';
import { cropping } from '../kinds/shape/cropping.ts';
import { dense } from '../kinds/core/dense.ts';
import { depthwiseConvolutions } from '../kinds/convolution/depthwise-conv.ts';
import { dot } from '../kinds/merging/dot.ts';
import { dropout } from '../kinds/regularization/dropout.ts';
import { elu } from '../kinds/activation/elu.ts';
import { embedding } from '../kinds/core/embedding.ts';
import { flatten } from '../kinds/shape/flatten.ts';
import { formula } from '../kinds/core/formula.ts';
import { gaussianDropout } from '../kinds/regularization/gaussian-dropout.ts';
import { gaussianNoise } from '../kinds/regularization/gaussian-noise.ts';
import { globalPooling } from '../kinds/pooling/global-pooling.ts';
import { groupNormalization } from '../kinds/normalization/group-normalization.ts';
import { gru } from '../kinds/recurrent/gru.ts';
import { input } from '../kinds/core/input.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import type { LayerDefinition, LayerInputs, LayerTraits } from '../definition/layer.ts';
import { layerNormalization } from '../kinds/normalization/layer-normalization.ts';
import { leakyRelu } from '../kinds/activation/leaky-relu.ts';
import { elementwiseMerges } from '../kinds/merging/elementwise-merges.ts';
import { lstm } from '../kinds/recurrent/lstm.ts';
import { masking } from '../kinds/core/masking.ts';
import { multiHeadAttention } from '../kinds/attention/multi-head-attention.ts';
import { normalization } from '../kinds/normalization/normalization.ts';
import { operations } from '../kinds/core/operations.ts';
import { output } from '../kinds/core/output.ts';
import { permute } from '../kinds/shape/permute.ts';
import { pooling } from '../kinds/pooling/pooling.ts';
import { prelu } from '../kinds/activation/prelu.ts';
import { randomBrightness } from '../kinds/image/random-brightness.ts';
import { randomContrast } from '../kinds/image/random-contrast.ts';
import { randomCrop } from '../kinds/image/random-crop.ts';
import { randomFlip } from '../kinds/image/random-flip.ts';
import { randomRotation } from '../kinds/image/random-rotation.ts';
import { randomTranslation } from '../kinds/image/random-translation.ts';
import { randomZoom } from '../kinds/image/random-zoom.ts';
import { relu } from '../kinds/activation/relu.ts';
import { repeatVector } from '../kinds/shape/repeat-vector.ts';
import { rescaling } from '../kinds/normalization/rescaling.ts';
import { reshape } from '../kinds/shape/reshape.ts';
import { resizing } from '../kinds/image/resizing.ts';
import { rrelu } from '../kinds/activation/rrelu.ts';
import { separableConvolutions } from '../kinds/convolution/separable-conv.ts';
import { simpleRnn } from '../kinds/recurrent/simple-rnn.ts';
import { softmax } from '../kinds/activation/softmax.ts';
import { spatialDropout } from '../kinds/regularization/spatial-dropout.ts';
import { timeDistributed } from '../kinds/wrappers/time-distributed.ts';
import { unitNormalization } from '../kinds/normalization/unit-normalization.ts';
import { upSampling } from '../kinds/shape/up-sampling.ts';
import { zeroPadding } from '../kinds/shape/zero-padding.ts';

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
  resizing,
  centerCrop,
  randomFlip,
  randomContrast,
  randomBrightness,
  randomTranslation,
  randomCrop,
  randomZoom,
  randomRotation,
  ...convolutions,
  ...transposedConvolutions,
  ...depthwiseConvolutions,
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

/** Layers by kind. The palette offers the ends of blocks only inside a block; Operations come from files. */
export const layerCatalog: ReadonlyMap<string, LayerDefinition> = new Map(
  [...layers, ...blockEnds, operations].map((layer) => [layer.kind, layer]),
);

const NO_TRAITS: LayerTraits = {};

/** Of a kind that the catalog does not have: none. */
export function traitsOf({ kind }: { readonly kind: string }): LayerTraits {
  return layerCatalog.get(kind)?.traits ?? NO_TRAITS;
}

/** Number and names of a node's inputs; undefined if the catalog does not have its kind. */
export function inputsOf({ kind, params }: Pick<ModelNode, 'kind' | 'params'>): LayerInputs | undefined {
  const inputs = layerCatalog.get(kind)?.inputs;
  return inputs?.of?.(params) ?? inputs;
}
