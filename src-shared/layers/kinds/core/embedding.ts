import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { tableForms } from '../../definition/pytorch-weights.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import {
  activityRegularizer,
  regularizedActivity,
  trainedWeight,
  weightParameters,
} from '../../definition/weight-parameters.ts';

/**
 * Rows of a table by index. An index outside it gives a row of NaN on every engine: TensorFlow
 * would fail on a CPU and make zeros on a GPU, ONNX Runtime count negative ones from the end.
 *
 * @param indices int32 of any shape.
 */
function lookUp(b: ProgramBuilder, table: ValueId, indices: ValueId): ValueId {
  const integer = (value: number): ValueId => b.constant('int32', [], [value]);
  const last = integer(b.shapeOf(table)[0]! - 1);
  const nearest = b.plain('minimum', b.plain('maximum', indices, integer(0)), last);
  const inside = b.plain('equal', indices, nearest);
  // The root of -1 is NaN.
  const factor = b.plain('sqrt', b.select(inside, b.scalar(1), b.scalar(-1)));
  return b.multiply(b.gather(table, nearest, 0), b.reshape(factor, [...b.shapeOf(factor), 1]));
}

export const embedding: LayerDefinition = {
  kind: 'Embedding',
  family: 'core',
  otherNames: ['lookup table', 'word vectors'],
  description: 'Looks up a trained row for each whole number.',
  formula: 'embeddings[x]',
  inputs: { min: 1, max: 1 },
  mask: 'use',
  traits: { indexLimit: 'inputDim' },
  parameters: [
    {
      name: 'inputDim',
      label: 'Input size',
      help: 'How many different numbers there are: 0 up to this one less 1. Any other number gives NaN.',
      default: 1000,
      type: { kind: 'integer', min: 1, max: 100_000_000 },
      keras: 'required',
    },
    {
      name: 'outputDim',
      label: 'Output size',
      help: 'Length of a row.',
      default: 16,
      type: { kind: 'integer', min: 1, max: 1_000_000 },
      keras: 'required',
    },
    {
      name: 'maskZero',
      label: 'Mask zeros',
      help: 'Number 0 is padding: recurrent layers and attention after this skip it.',
      default: false,
      type: { kind: 'boolean' },
    },
    ...weightParameters('embeddings', 'Embeddings', 'randomUniform'),
    activityRegularizer,
  ],
  keras: { makesMask: ({ mask_zero: masks }) => (masks === true ? { value: 0, perStep: false } : null) },
  pytorch: tableForms,
  summarize: ({ inputDim, outputDim, maskZero }) =>
    `${String(inputDim)} → ${String(outputDim)}${maskZero === true ? ', masked' : ''}`,
  emit: (context) => {
    const { builder, params, inputs } = context;
    const shape = [numberOf(params['inputDim']), numberOf(params['outputDim'])];
    const embeddings = trainedWeight(context, 'embeddings', shape);
    const x = inputs[0]!;
    const isZero = (): ValueId => builder.plain('equal', builder.cast(x, 'float32'), builder.scalar(0));
    return {
      output: regularizedActivity(context, lookUp(builder, embeddings, builder.cast(x, 'int32'))),
      mask: params['maskZero'] === true ? builder.plain('logicalNot', isZero()) : null,
    };
  },
};
