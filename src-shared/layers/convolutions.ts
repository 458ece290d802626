import { formatShape } from '../program/shape.ts';
import type { Shape, ValueId } from '../program/types.ts';
import { activationParameter, applyActivation } from './activations.ts';
import type { LayerContext, ParameterSpec } from './layer.ts';
import { formatPair, numberOf, pairOf } from './parameters.ts';
import type { ParameterValues } from './parameters.ts';
import { imageProblem, sequenceProblem } from './sequences.ts';
import { initializerOf } from './weight-parameters.ts';
import { paddingParameter, windowProblem } from './windows.ts';

/** What convolutions share. Sequences are convolved as images of height 1, so `axes` is 1 or 2. */

export const filtersParameter: ParameterSpec = {
  name: 'filters',
  label: 'Filters',
  help: 'How many channels come out.',
  default: 32,
  type: { kind: 'integer', min: 1, max: 100_000 },
};

export const groupsParameter: ParameterSpec = {
  name: 'groups',
  label: 'Groups',
  help: 'Channels are split into this many groups that do not see each other.',
  default: 1,
  type: { kind: 'integer', min: 1, max: 100_000 },
  advanced: true,
};

export const depthMultiplier: ParameterSpec = {
  name: 'depthMultiplier',
  label: 'Depth multiplier',
  help: 'How many filters each channel has of its own.',
  default: 1,
  type: { kind: 'integer', min: 1, max: 10_000 },
};

/** One size along a sequence, or one for height and one for width. */
function sizeType(axes: 1 | 2): ParameterSpec['type'] {
  return { kind: axes === 1 ? 'integer' : 'pair', min: 1, max: 1000 };
}

export function kernelSizeParameter(axes: 1 | 2): ParameterSpec {
  return {
    name: 'kernelSize',
    label: 'Kernel size',
    help: axes === 1 ? 'How many steps a filter sees.' : 'Height and width of a filter in pixels.',
    default: axes === 1 ? 3 : [3, 3],
    type: sizeType(axes),
  };
}

/** Activation, padding, strides and dilation. */
export function windowParameters(axes: 1 | 2, padding: ParameterSpec = paddingParameter): readonly ParameterSpec[] {
  const points = axes === 1 ? 'steps' : 'pixels';
  const standard = axes === 1 ? 1 : [1, 1];
  return [
    activationParameter('linear'),
    padding,
    {
      name: 'strides',
      label: 'Strides',
      help: `How many ${points} a filter moves at a time.`,
      default: standard,
      type: sizeType(axes),
    },
    {
      name: 'dilationRate',
      label: 'Dilation rate',
      help: `Distance between the ${points} a filter looks at.`,
      default: standard,
      type: sizeType(axes),
      advanced: true,
    },
  ];
}

/** Activation goes without saying where it is linear. */
export function summarizeConvolution(axes: 1 | 2, count: 'filters' | 'depthMultiplier') {
  return (params: ParameterValues): string => {
    const { kernelSize, activation } = params;
    const size = axes === 1 ? String(kernelSize) : formatPair(kernelSize);
    return [String(params[count]), size, ...(activation === 'linear' ? [] : [String(activation)])].join(', ');
  };
}

/** Null, or why these are not images (sequences), or strides and dilation do not go together. */
export function convolutionProblem(axes: 1 | 2, params: ParameterValues, shape: Shape): string | null {
  const rank = axes === 1 ? sequenceProblem(shape) : imageProblem(shape);
  if (rank !== null) return rank;
  const strides = pairOf(params['strides']);
  const dilation = pairOf(params['dilationRate']);
  if (Math.max(...strides) === 1 || Math.max(...dilation) === 1) return null;
  const [received, spread] =
    axes === 1 ? [strides[0], dilation[0]] : [strides, dilation].map((pair) => formatPair([...pair]));
  return `needs strides or a dilation rate of 1; received strides ${received} and dilation rate ${spread}. Set one of them to 1.`;
}

/** Null, or why groups do not divide channels and filters. */
export function groupsProblem(params: ParameterValues, shape: Shape): string | null {
  const groups = numberOf(params['groups']);
  const filters = numberOf(params['filters']);
  const channels = shape.at(-1)!;
  return channels % groups === 0 && filters % groups === 0
    ? null
    : `needs groups that divide its ${channels} channels and ${filters} filters; received ${groups}. Set groups to 1.`;
}

/** Null, or why the kernel with its dilation does not fit. */
export function kernelProblem(axes: 1 | 2, params: ParameterValues, shape: Shape): string | null {
  const [size, dilation] = [pairOf(params['kernelSize']), pairOf(params['dilationRate'])];
  const window = [(size[0] - 1) * dilation[0] + 1, (size[1] - 1) * dilation[1] + 1] as const;
  return axes === 2
    ? windowProblem('kernel', window, params['padding'], shape)
    : stepsProblem('kernel', window[0], params['padding'] !== 'valid', shape);
}

/** Null, or why a window does not fit into sequences of this shape. */
export function stepsProblem(what: string, window: number, padded: boolean, shape: Shape): string | null {
  return padded || window <= shape[1]!
    ? null
    : `needs sequences at least as long as its ${what}, ${window}; received ${formatShape(shape)}. Make the ${what} smaller, or set padding to same.`;
}

/** The convolution with its bias, where it has one, through its activation. */
export function addBias({ builder, params, weight }: LayerContext, y: ValueId): ValueId {
  const biased = (): ValueId => {
    const initializer = initializerOf(params['biasInitializer']);
    const shape = [builder.shapeOf(y).at(-1)!];
    return builder.add(y, weight({ name: 'bias', shape, initializer, trainable: true }));
  };
  return applyActivation(builder, params['activation'], params['useBias'] === true ? biased() : y);
}

/** [batch, steps, channels] as images of height 1. */
export function asImages({ builder }: LayerContext, x: ValueId): ValueId {
  const [batch, ...rest] = builder.shapeOf(x);
  return builder.reshape(x, [batch!, 1, ...rest]);
}

/** Images of height 1 as [batch, steps, channels]. */
export function asSequences({ builder }: LayerContext, y: ValueId): ValueId {
  const [batch, , ...rest] = builder.shapeOf(y);
  return builder.reshape(y, [batch!, ...rest]);
}
