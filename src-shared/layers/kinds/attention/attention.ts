import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import { showShape } from '../../../program/language/shape.ts';
import type { Shape, ValueId } from '../../../program/language/types.ts';
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
import type { LayerContext, LayerDefinition, LayerOutput } from '../../definition/layer.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';
import { dropoutInKeras } from '../regularization/noise.ts';
import { whereMasked } from '../../definition/masks.ts';

/** What Keras takes off a masked score. */
const MASKED_SCORE = 1e9;

function scaleParameter(defaultValue: boolean): ParameterSpec {
  return {
    name: 'useScale',
    label: 'Scale',
    help: 'Trains a factor of the scores.',
    default: defaultValue,
    type: { kind: 'boolean' },
  };
}

function weightOf(
  { weight }: LayerContext,
  name: string,
  shape: readonly number[],
  initializer: 'ones' | 'glorotUniform',
) {
  return weight({ name, shape, initializer, trainable: true });
}

/** Sum of query and key for each pair of steps: [N, T, 1, F] + [N, 1, S, F]. */
function pairs(b: ProgramBuilder, query: ValueId, key: ValueId): ValueId {
  const [batch, queries, features] = b.shapeOf(query);
  const [, keys] = b.shapeOf(key);
  return b.add(b.reshape(query, [batch!, queries!, 1, features!]), b.reshape(key, [batch!, 1, keys!, features!]));
}

/** The mean of the values, weighted by softmax(scores). @param scores [N, T, S]. */
function attend(context: LayerContext, scores: ValueId): LayerOutput {
  const { builder: b, params, inputs, masks } = context;
  const [, queries, keys] = b.shapeOf(scores);
  const [query = null, value = inputs.length === 1 ? query : null] = masks;
  const mask = everyMask(b, [
    value === null ? null : asRow(b, value),
    params['useCausalMask'] === true ? b.reshape(causalMask(b, queries!, keys!), [1, queries!, keys!]) : null,
  ]);
  const allowed = mask === null ? scores : b.select(mask, scores, b.subtract(scores, b.scalar(MASKED_SCORE)));
  const weights = droppedWeights(context, b.plain('softmax', allowed));
  const output = b.matMul(weights, attentionInputs(inputs).value);
  return { output: query === null ? output : whereMasked(b, query, output, 0), mask: query };
}

/** Null, or why queries and keys cannot be compared. */
function featureProblem(shapes: readonly Shape[]): string | null {
  const problem = attentionProblem(shapes);
  if (problem !== null) return problem;
  const { query, key } = attentionInputs(shapes);
  if (query[2] === key[2]) return null;
  return `needs a query and a key of as many features; received ${showShape(query)} and ${showShape(key)}. Put Dense before one of them.`;
}

function definition(
  own: Pick<LayerDefinition, 'kind' | 'otherNames' | 'description' | 'formula' | 'parameters' | 'summarize' | 'emit'>,
) {
  const { parameters, ...rest } = own;
  const check: LayerDefinition['check'] = (_, shapes) => featureProblem(shapes);
  const all = [...parameters, attentionDropout, useCausalMask];
  const keras = { repeatsInput: true, keepsMaskOf: 'query', ...dropoutInKeras(['dropout']) } as const;
  return {
    ...rest,
    family: 'attention',
    inputs: attentionPorts,
    mask: 'use',
    parameters: all,
    keras,
    check,
  } satisfies LayerDefinition;
}

/** Source: M.-T. Luong et al., arXiv:1508.04025 (2015); Keras 3. */
export const attention: LayerDefinition = definition({
  kind: 'Attention',
  otherNames: ['Luong attention', 'dot-product attention'],
  description:
    'Each step of the query takes the mean of the values, weighted by how alike it is to their keys. Inputs: query, value, key.',
  formula: 'softmax(query · keyᵀ) · value',
  parameters: [
    scaleParameter(false),
    {
      name: 'scoreMode',
      label: 'Score',
      help: 'How alike a query and a key are: their product, or the sum of tanh(query + key).',
      default: 'dot',
      type: {
        kind: 'choice',
        options: [
          { value: 'dot', label: 'Product' },
          { value: 'concat', label: 'tanh of the sum' },
        ],
      },
    },
  ],
  summarize: ({ scoreMode, useCausalMask: causal }) => `${String(scoreMode)}${causal === true ? ', causal' : ''}`,
  emit: (context) => {
    const { builder: b, params, inputs } = context;
    const { query, key } = attentionInputs(inputs);
    const scale = params['useScale'] === true ? weightOf(context, 'scale', [], 'ones') : null;
    const scaled = (x: ValueId): ValueId => (scale === null ? x : b.multiply(x, scale));
    if (params['scoreMode'] === 'dot') return attend(context, scaled(b.matMul(query, key, false, true)));
    const weight = weightOf(context, 'concat_score_weight', [], 'ones');
    const compared = b.plain('tanh', scaled(pairs(b, query, key)));
    return attend(context, b.multiply(b.reduceSum(compared, [3]), weight));
  },
});

/** Source: D. Bahdanau et al., arXiv:1409.0473 (2014); Keras 3. */
export const additiveAttention: LayerDefinition = definition({
  kind: 'AdditiveAttention',
  otherNames: ['Bahdanau attention'],
  description:
    'Each step of the query takes the mean of the values, weighted by a trained sum of tanh(query + key). Inputs: query, value, key.',
  formula: 'softmax(Σ scale · tanh(query + key)) · value',
  parameters: [scaleParameter(true)],
  summarize: ({ useCausalMask: causal }) => (causal === true ? 'causal' : ''),
  emit: (context) => {
    const { builder: b, params, inputs } = context;
    const { query, key } = attentionInputs(inputs);
    const compared = b.plain('tanh', pairs(b, query, key));
    const features = b.shapeOf(query)[2]!;
    const scaled =
      params['useScale'] === true
        ? b.multiply(compared, weightOf(context, 'scale', [features], 'glorotUniform'))
        : compared;
    return attend(context, b.reduceSum(scaled, [3]));
  },
});
