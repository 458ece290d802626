import { showShape } from '../../../program/language/shape.ts';
import type { Shape } from '../../../program/language/types.ts';
import { activation } from '../activation/activation.ts';
import { convolutions } from '../convolution/conv.ts';
import { transposedConvolutions } from '../convolution/conv-transpose.ts';
import { cropping } from '../shape/cropping.ts';
import { centerCrop } from '../image/center-crop.ts';
import { dense } from '../core/dense.ts';
import { depthwiseConvolutions } from '../convolution/depthwise-conv.ts';
import { dropout } from '../regularization/dropout.ts';
import { elu } from '../activation/elu.ts';
import { flatten } from '../shape/flatten.ts';
import { globalPooling } from '../pooling/global-pooling.ts';
import { groupNormalization } from '../normalization/group-normalization.ts';
import { gru } from '../recurrent/gru.ts';
import { layerNormalization } from '../normalization/layer-normalization.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { leakyRelu } from '../activation/leaky-relu.ts';
import { lstm } from '../recurrent/lstm.ts';
import { emitMasked } from '../../definition/masks.ts';
import { permute } from '../shape/permute.ts';
import { pooling } from '../pooling/pooling.ts';
import { prelu } from '../activation/prelu.ts';
import { relu } from '../activation/relu.ts';
import { repeatVector } from '../shape/repeat-vector.ts';
import { rescaling } from '../normalization/rescaling.ts';
import { reshape } from '../shape/reshape.ts';
import { resizing } from '../image/resizing.ts';
import { separableConvolutions } from '../convolution/separable-conv.ts';
import { simpleRnn } from '../recurrent/simple-rnn.ts';
import { softmax } from '../activation/softmax.ts';
import { unitNormalization } from '../normalization/unit-normalization.ts';
import { upSampling } from '../shape/up-sampling.ts';
import { innerContext, layerParameter, wrappedLayer, wrapperInMode } from './wrapped-layer.ts';
import { zeroPadding } from '../shape/zero-padding.ts';

/** Layers that treat each example separately, so that time steps can be examples of one large batch. */
const layers: readonly LayerDefinition[] = [
  dense,
  ...convolutions,
  ...transposedConvolutions,
  ...depthwiseConvolutions,
  ...separableConvolutions,
  ...pooling,
  ...globalPooling,
  flatten,
  reshape,
  permute,
  repeatVector,
  ...zeroPadding,
  ...cropping,
  ...upSampling,
  resizing,
  centerCrop,
  activation,
  relu,
  leakyRelu,
  prelu,
  elu,
  softmax,
  rescaling,
  dropout,
  layerNormalization,
  groupNormalization,
  unitNormalization,
  lstm,
  gru,
  simpleRnn,
];

/** [N, T, …] as the wrapped layer sees it: [N · T, …]. */
function stepShape([, , ...rest]: Shape): Shape {
  return [null, ...rest];
}

export const timeDistributed: LayerDefinition = {
  kind: 'TimeDistributed',
  family: 'recurrent',
  otherNames: ['each step'],
  description: 'Applies one layer to every step of a sequence.',
  formula: 'layer(x[step]) for each step',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  parameters: [layerParameter('The layer that every step goes through.', layers)],
  keras: { wrapsEachStep: true, inMode: (training, params) => wrapperInMode(layers, training, params) },
  summarize: ({ layer }) => {
    const { definition, params } = wrappedLayer(layers, layer);
    return `${definition.kind} ${definition.summarize(params)}`.trim();
  },
  checkParameters: ({ layer }) => {
    const { definition, params } = wrappedLayer(layers, layer);
    if (params['activityRegularizer'] != null) {
      const message =
        'needs a layer without activity regularizer, which Keras does not count in each step; received one that has it. Take it away, and insert ActivityRegularization after this.';
      return { param: 'layer', message };
    }
    const fault = definition.checkParameters?.(params, 1) ?? null;
    return fault === null ? null : { param: 'layer', message: `${fault.message} (of its ${definition.kind})` };
  },
  check: ({ layer }, [shape]) => {
    if (shape!.length < 3) {
      return `needs a sequence of steps × features or more; received ${showShape(shape!)}. Insert Reshape before it.`;
    }
    const { definition, params } = wrappedLayer(layers, layer);
    const fault = definition.check?.(params, [stepShape(shape!)]) ?? null;
    return fault === null ? null : `has a ${definition.kind} for each step, which ${fault}`;
  },
  emit: (context) => {
    const { builder: b, params, inputs, inputShapes, masks } = context;
    const [batch, steps] = inputShapes[0]!;
    const inner = wrappedLayer(layers, params['layer']);
    const mask = masks[0] ?? null;
    // A mask of the sequence says nothing of the inside of a step; one with more axes does.
    const isInside = mask !== null && b.shapeOf(mask).length > 2;
    const x = b.reshape(inputs[0]!, stepShape(inputShapes[0]!));
    const { output } = emitMasked(inner.definition, {
      ...innerContext(context, inner, inner.name),
      inputs: [x],
      inputShapes: [b.shapeOf(x)],
      masks: [isInside ? b.reshape(mask, stepShape(b.shapeOf(mask))) : null],
      // Keras calls the wrapped layer past its activity regularizer.
      penalize: () => undefined,
    });
    const whole = b.reshape(output, [batch!, steps!, ...b.shapeOf(output).slice(1)]);
    const fits = mask !== null && b.shapeOf(mask).length === b.shapeOf(whole).length - 1;
    return { output: whole, mask: fits || !isInside ? mask : null };
  },
};
