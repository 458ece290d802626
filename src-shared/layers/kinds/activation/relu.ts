import { clampedRelu } from '../../activations/rectifiers.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';

export const relu: LayerDefinition = {
  kind: 'ReLU',
  family: 'activation',
  otherNames: ['rectifier', 'rectified linear unit'],
  description: 'Keeps positive values, with a cap, a slope below and a threshold where wanted.',
  formula: 'min(x, maxValue) above the threshold, negativeSlope · (x - threshold) below',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: { activation: 'relu' },
  parameters: [
    {
      name: 'maxValue',
      label: 'Largest value',
      help: 'Larger values become this one; empty: no limit.',
      default: null,
      type: { kind: 'number', min: 0, max: 1e6, step: 1, emptyMeans: 'no limit' },
    },
    {
      name: 'negativeSlope',
      label: 'Negative slope',
      help: 'Slope below the threshold.',
      default: 0,
      type: { kind: 'number', min: 0, max: 1e6, step: 0.05 },
    },
    {
      name: 'threshold',
      label: 'Threshold',
      help: 'Values up to this one count as negative.',
      default: 0,
      type: { kind: 'number', min: 0, max: 1e6, step: 0.1 },
    },
  ],
  keras: {
    read: ({ max_value: limit, ...config }) => ({ ...config, max_value: limit === Infinity ? null : limit }),
  },
  summarize: ({ maxValue }) => (maxValue === null ? '' : `up to ${String(maxValue)}`),
  emit: ({ builder, params, inputs }) =>
    clampedRelu(builder, inputs[0]!, {
      maxValue: params['maxValue'] === null ? null : numberOf(params['maxValue']),
      negativeSlope: numberOf(params['negativeSlope']),
      threshold: numberOf(params['threshold']),
    }),
};
