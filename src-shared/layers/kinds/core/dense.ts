import { applyActivation, activationParameter } from '../../activations/named-activations.ts';
import { activationText } from '../../parameters/activation.ts';
import { showShape } from '../../../program/language/shape.ts';
import { matrixForms } from '../../definition/pytorch-weights.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import {
  activityRegularizer,
  biasParameters,
  kernelParameters,
  regularizedActivity,
  trainedWeight,
  useBias,
} from '../../definition/weight-parameters.ts';

export const dense: LayerDefinition = {
  kind: 'Dense',
  family: 'core',
  otherNames: ['fully connected', 'FC', 'linear', 'affine', 'perceptron', 'hidden layer', 'inner product', 'MLP'],
  description: 'Every unit sees every value of the last axis.',
  formula: 'activation(x · kernel + bias)',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: { linear: 'kernel', hidden: { activation: 'relu' }, lastAxisOnly: true },
  parameters: [
    {
      name: 'units',
      label: 'Units',
      help: 'How many values come out.',
      default: 32,
      type: { kind: 'integer', min: 1, max: 1_000_000 },
      keras: 'required',
    },
    activationParameter('linear'),
    useBias,
    ...kernelParameters,
    ...biasParameters,
    activityRegularizer,
  ],
  pytorch: matrixForms,
  summarize: ({ units, activation }) =>
    activation === 'linear' ? String(units) : `${units}, ${activationText(activation)}`,
  check: (_, [shape]) =>
    shape!.length >= 2
      ? null
      : `needs an input with features; received ${showShape(shape!)}. Connect a layer with features, or insert Flatten.`,
  emit: (context) => {
    const { builder, params, inputs, inputShapes } = context;
    const shape = inputShapes[0]!;
    const features = shape.at(-1)!;
    const units = numberOf(params['units']);
    const kernel = trainedWeight(context, 'kernel', [features, units]);
    // matMul wants two axes: the leading ones are joined to the batch and taken apart again after.
    const rows = shape.length === 2 ? inputs[0]! : builder.reshape(inputs[0]!, [null, features]);
    let y = builder.matMul(rows, kernel);
    if (params['useBias'] === true) y = builder.add(y, trainedWeight(context, 'bias', [units]));
    if (shape.length > 2) y = builder.reshape(y, [...shape.slice(0, -1), units]);
    return regularizedActivity(context, applyActivation(builder, params['activation'], y));
  },
};
