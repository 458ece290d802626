import { formatShape } from '../program/shape.ts';
import type { LayerDefinition } from './layer.ts';
import { formatPair, pairOf } from './parameters.ts';
import { paddingOf, paddingParameter, windowProblem } from './windows.ts';

export const maxPooling2d: LayerDefinition = {
  kind: 'MaxPooling2D',
  family: 'pooling',
  description: 'Keeps the largest value of each window.',
  formula: 'max over a window',
  inputs: { min: 1, max: 1 },
  parameters: [
    {
      name: 'poolSize',
      label: 'Pool size',
      help: 'Height and width of a window in pixels.',
      default: [2, 2],
      type: { kind: 'pair', min: 1, max: 1000 },
    },
    {
      name: 'strides',
      label: 'Strides',
      help: 'How many pixels the window moves at a time; empty: as the pool size.',
      default: null,
      type: { kind: 'pair', min: 1, max: 1000, emptyMeans: 'as the pool size' },
    },
    paddingParameter,
  ],
  summarize: ({ poolSize }) => formatPair(poolSize),
  check: ({ poolSize, padding }, [shape]) =>
    shape!.length === 4
      ? windowProblem('pool size', pairOf(poolSize), padding, shape!)
      : `needs images [batch, height, width, channels]; received ${formatShape(shape!)}. Connect it before Flatten, or to image data.`,
  emit: ({ builder, params, inputs }) => {
    const poolSize = pairOf(params['poolSize']);
    const strides = params['strides'] === null ? poolSize : pairOf(params['strides']);
    return builder.maxPool2d(inputs[0]!, { poolSize, strides, padding: paddingOf(params['padding']) });
  },
};
