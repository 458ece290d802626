import type { ValueId } from '../../../program/language/types.ts';
import {
  asRow,
  attentionDropout,
  attentionInputs,
  attentionPorts,
  attentionProblem,
  causalMask,
  droppedWeights,
  everyMask,
  useCausalMask,
} from './attention-parts.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import { dropoutInKeras } from '../regularization/noise.ts';
import { maskColumn } from '../../definition/masks.ts';
import { numberOf } from '../../parameters/number.ts';
import {
  activityRegularizer,
  biasParameters,
  kernelParameters,
  regularizedActivity,
  trainedWeight,
  useBias,
} from '../../definition/weight-parameters.ts';

/** What Keras puts in place of a masked score, so that its exponential is 0 unless all are masked. */
const MASKED_SCORE = -0.7 * 3.38953e38;

/** A weight of one of Keras's inner layers: 'query/kernel'. */
function innerWeight(
  context: LayerContext,
  name: string,
  weight: 'kernel' | 'bias',
  shape: readonly number[],
): ValueId {
  return trainedWeight(context, `${name}/${weight}`, shape, weight);
}

/** x · kernel + bias for each head. @returns [N, heads, T, size]. */
function heads(context: LayerContext, x: ValueId, name: string, size: number): ValueId {
  const { builder: b, params } = context;
  const count = numberOf(params['numHeads']);
  const [batch, steps, features] = b.shapeOf(x);
  const kernel = innerWeight(context, name, 'kernel', [features!, count, size]);
  const rows = b.reshape(x, [null, features!]);
  let y = b.matMul(rows, b.reshape(kernel, [features!, count * size]));
  if (params['useBias'] === true) {
    y = b.add(y, b.reshape(innerWeight(context, name, 'bias', [count, size]), [count * size]));
  }
  return regularizedActivity(context, b.transpose(b.reshape(y, [batch!, steps!, count, size]), [0, 2, 1, 3]));
}

/** Where a step may attend: bool that broadcasts to [N, heads, T, S]; null: everywhere. */
function allowed({ builder: b, params, inputs, masks }: LayerContext, queries: number, keys: number): ValueId | null {
  const [query = null, value = inputs.length === 1 ? query : null, key = null] = masks;
  const mask = everyMask(b, [
    query === null ? null : maskColumn(b, query),
    value === null ? null : asRow(b, value),
    key === null ? null : asRow(b, key),
    params['useCausalMask'] === true ? b.reshape(causalMask(b, queries, keys), [1, queries, keys]) : null,
  ]);
  if (mask === null) return null;
  const [batch, rows, columns] = b.shapeOf(mask);
  return b.reshape(mask, [batch!, 1, rows!, columns!]);
}

/** softmax(scores), [N, heads, T, S], where attending is allowed. */
function attentionWeights(context: LayerContext, scores: ValueId): ValueId {
  const { builder: b, params } = context;
  const [, , queries, keys] = b.shapeOf(scores);
  const mask = allowed(context, queries!, keys!);
  if (mask === null) return droppedWeights(context, b.plain('softmax', scores));
  const weights = b.plain('softmax', b.select(mask, scores, b.scalar(MASKED_SCORE)));
  // Keras goes another way with dropout: a step that may attend nowhere then attends to nothing instead of everything.
  return numberOf(params['dropout']) === 0 ? weights : droppedWeights(context, b.select(mask, weights, b.scalar(0)));
}

/** Source: A. Vaswani et al., arXiv:1706.03762 (2017), section 3.2; Keras 3. */
export const multiHeadAttention: LayerDefinition = {
  kind: 'MultiHeadAttention',
  family: 'attention',
  otherNames: ['MHA', 'self-attention', 'transformer'],
  description:
    'Each step of the query looks at all steps of the value, in several ways at once. Inputs: query, value, key; one input attends to itself.',
  formula: 'softmax(query · keyᵀ / √key dim) · value, for each head',
  inputs: attentionPorts,
  mask: 'use',
  parameters: [
    {
      name: 'numHeads',
      label: 'Heads',
      help: 'How many ways of looking there are.',
      default: 2,
      type: { kind: 'integer', min: 1, max: 1024 },
      keras: 'required',
    },
    {
      name: 'keyDim',
      label: 'Key size',
      help: 'Length of the query and key of a head.',
      default: 32,
      type: { kind: 'integer', min: 1, max: 100_000 },
      keras: 'required',
    },
    {
      name: 'valueDim',
      label: 'Value size',
      help: 'Length of the value of a head.',
      default: null,
      type: { kind: 'integer', min: 1, max: 100_000, emptyMeans: 'as the key' },
    },
    attentionDropout,
    useCausalMask,
    useBias,
    ...kernelParameters,
    ...biasParameters,
    activityRegularizer,
  ],
  keras: {
    separateInputs: true,
    repeatsInput: true,
    frozenWhenBuilt: true,
    keepsMaskOf: 'query',
    ...dropoutInKeras(['dropout']),
  },
  summarize: ({ numHeads, keyDim, useCausalMask: causal }) =>
    `${String(numHeads)} × ${String(keyDim)}${causal === true ? ', causal' : ''}`,
  check: (_, shapes) => attentionProblem(shapes),
  emit: (context) => {
    const { builder: b, params, inputs, masks } = context;
    const { query, value, key } = attentionInputs(inputs);
    const keyDim = numberOf(params['keyDim']);
    const valueDim = numberOf(params['valueDim'] ?? keyDim);
    const count = numberOf(params['numHeads']);
    const [batch, steps, features] = b.shapeOf(query);
    const q = heads(context, query, 'query', keyDim);
    const k = heads(context, key, 'key', keyDim);
    const v = heads(context, value, 'value', valueDim);
    const scores = b.matMul(b.multiply(q, b.scalar(1 / Math.sqrt(keyDim))), k, false, true);
    const attended = b.transpose(b.matMul(attentionWeights(context, scores), v), [0, 2, 1, 3]);
    const kernel = innerWeight(context, 'attention_output', 'kernel', [count, valueDim, features!]);
    const flat = b.reshape(kernel, [count * valueDim, features!]);
    let output = b.matMul(b.reshape(attended, [null, count * valueDim]), flat);
    if (params['useBias'] === true) {
      output = b.add(output, innerWeight(context, 'attention_output', 'bias', [features!]));
    }
    // Keras regularizes what comes out of each of its inner layers.
    const made = regularizedActivity(context, b.reshape(output, [batch!, steps!, features!]));
    return { output: made, mask: masks[0] ?? null };
  },
};
