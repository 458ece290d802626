import { showShape } from '../program/shape.ts';
import type { Shape } from '../program/types.ts';
import { activation } from './activation.ts';
import { conv1d } from './conv1d.ts';
import { conv2dTranspose } from './conv2d-transpose.ts';
import { conv2d } from './conv2d.ts';
import { conv3dTranspose } from './conv3d-transpose.ts';
import { conv3d } from './conv3d.ts';
import { cropping } from './cropping.ts';
import { dense } from './dense.ts';
import { depthwiseConv2d } from './depthwise-conv2d.ts';
import { dropout } from './dropout.ts';
import { elu } from './elu.ts';
import { flatten } from './flatten.ts';
import { globalPooling } from './global-pooling.ts';
import { groupNormalization } from './group-normalization.ts';
import { gru } from './gru.ts';
import { layerNormalization } from './layer-normalization.ts';
import type { LayerDefinition } from './layer.ts';
import { leakyRelu } from './leaky-relu.ts';
import { lstm } from './lstm.ts';
import { emitMasked } from './masks.ts';
import { permute } from './permute.ts';
import { pooling } from './pooling.ts';
import { prelu } from './prelu.ts';
import { relu } from './relu.ts';
import { repeatVector } from './repeat-vector.ts';
import { rescaling } from './rescaling.ts';
import { reshape } from './reshape.ts';
import { separableConvolutions } from './separable-conv.ts';
import { simpleRnn } from './simple-rnn.ts';
import { softmax } from './softmax.ts';
import { unitNormalization } from './unit-normalization.ts';
import { upSampling } from './up-sampling.ts';
import { innerContext, layerParameter, wrappedLayer } from './wrapped-layer.ts';
import { zeroPadding } from './zero-padding.ts';

/** Layers that treat each example by itself, so that steps may stand as examples of one large batch. */
const layers: readonly LayerDefinition[] = [
  dense,
  conv1d,
  conv2d,
  conv3d,
  conv2dTranspose,
  conv3dTranspose,
  depthwiseConv2d,
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
  description: 'Applies one layer to every step of a sequence.',
  formula: 'layer(x[step]) for each step',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  parameters: [layerParameter('The layer that every step goes through.', layers)],
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
