import type { LayerDefinition } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import { leakyRelu } from '../../activations/rectifiers.ts';

/** Source: B. Xu et al., arXiv:1505.00853 (2015); limits as in PyTorch, for Keras has no such layer. */
export const rrelu: LayerDefinition = {
  kind: 'RReLU',
  family: 'activation',
  description: 'Leaky ReLU whose negative slope is random while training and the mean of its limits after.',
  formula: 'x, or slope · x where x < 0, with a slope between lower and upper',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: { activation: 'leakyRelu' },
  parameters: [
    {
      name: 'lower',
      label: 'Smallest slope',
      help: 'Slopes are drawn from here.',
      default: 0.125,
      type: { kind: 'number', min: 0, max: 1, step: 0.05 },
    },
    {
      name: 'upper',
      label: 'Largest slope',
      help: 'Slopes are drawn up to here.',
      default: 1 / 3,
      type: { kind: 'number', min: 0, max: 1, step: 0.05 },
    },
  ],
  keras: { missing: true, inMode: () => null },
  summarize: ({ lower, upper }) => `${numberOf(lower).toPrecision(2)} to ${numberOf(upper).toPrecision(2)}`,
  check: ({ lower, upper }) =>
    numberOf(lower) <= numberOf(upper)
      ? null
      : `needs a smallest slope up to the largest; received ${numberOf(lower)} and ${numberOf(upper)}. Exchange them.`,
  emit: ({ builder: b, params, inputs, training, randomKey, step }) => {
    const x = inputs[0]!;
    const lower = numberOf(params['lower']);
    const upper = numberOf(params['upper']);
    if (!training || step === null) return leakyRelu(b, x, b.scalar((lower + upper) / 2));
    const random = b.randomUniform(x, step, randomKey('slope'));
    return leakyRelu(b, x, b.add(b.multiply(random, b.scalar(upper - lower)), b.scalar(lower)));
  },
};
