import type { Shape, ValueId } from '../../../program/language/types.ts';
import { activationParameter, applyActivation } from '../../activations/named-activations.ts';
import { activationText } from '../../parameters/activation.ts';
import type { LayerContext } from '../../definition/layer.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';
import { formatSizes, sizesOf } from '../../parameters/sizes.ts';
import { numberOf } from '../../parameters/number.ts';
import type { ParameterValues } from '../../parameters/resolve-parameters.ts';
import { examplesProblem, windowWords } from '../../definition/sequences.ts';
import type { WindowAxes } from '../../definition/sequences.ts';
import {
  activityRegularizer,
  biasParameters,
  kernelParameters,
  regularizedActivity,
  trainedWeight,
  useBias,
} from '../../definition/weight-parameters.ts';
import { paddingParameter, sizeType, windowProblem } from '../../definition/windows.ts';

/** What convolutions share. */

const filtersParameter: ParameterSpec = {
  name: 'filters',
  label: 'Filters',
  help: 'How many channels come out.',
  default: 32,
  type: { kind: 'integer', min: 1, max: 100_000 },
  keras: 'required',
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
  help: 'Number of separate filters for each channel.',
  default: 1,
  type: { kind: 'integer', min: 1, max: 10_000 },
};

export function kernelSizeParameter(axes: WindowAxes): ParameterSpec {
  const { points, sizes } = windowWords[axes];
  return {
    name: 'kernelSize',
    label: 'Kernel size',
    help: axes === 1 ? 'How many steps a filter sees.' : `${sizes} of a filter in ${points}.`,
    default: axes === 1 ? 3 : new Array<number>(axes).fill(3),
    type: sizeType(axes, { min: 1, max: 1000 }),
    keras: 'required',
  };
}

/** Activation, padding, strides and dilation. */
export function windowParameters(
  axes: WindowAxes,
  padding: ParameterSpec = paddingParameter,
): readonly ParameterSpec[] {
  const { points } = windowWords[axes];
  const standard = axes === 1 ? 1 : new Array<number>(axes).fill(1);
  return [
    activationParameter('linear'),
    padding,
    {
      name: 'strides',
      label: 'Strides',
      help: `How many ${points} a filter moves at a time.`,
      default: standard,
      type: sizeType(axes, { min: 1, max: 1000 }),
    },
    {
      name: 'dilationRate',
      label: 'Dilation rate',
      help: `Distance between the ${points} a filter looks at.`,
      default: standard,
      type: sizeType(axes, { min: 1, max: 1000 }),
      advanced: true,
    },
  ];
}

/**
 * Parameters of a convolution with filters.
 *
 * @param own Those that other convolutions do not have.
 * @param kernels Those of its kernels.
 */
export function filterParameters(
  axes: WindowAxes,
  own: readonly ParameterSpec[],
  kernels: readonly ParameterSpec[] = kernelParameters,
  padding: ParameterSpec = paddingParameter,
): readonly ParameterSpec[] {
  return [
    filtersParameter,
    kernelSizeParameter(axes),
    ...windowParameters(axes, padding),
    ...own,
    useBias,
    ...kernels,
    ...biasParameters,
    activityRegularizer,
  ];
}

/** A linear activation is not shown. */
export function summarizeConvolution(axes: WindowAxes, count: 'filters' | 'depthMultiplier') {
  return (params: ParameterValues): string => {
    const { kernelSize, activation } = params;
    return [
      String(params[count]),
      formatSizes(kernelSize, axes),
      ...(activation === 'linear' ? [] : [activationText(activation)]),
    ].join(', ');
  };
}

/** Null, or the reason why the input has the wrong rank or strides and dilation exclude each other. */
export function convolutionProblem(axes: WindowAxes, params: ParameterValues, shape: Shape): string | null {
  const rank = examplesProblem(axes, shape);
  if (rank !== null) return rank;
  const strides = sizesOf(params['strides'], axes);
  const dilation = sizesOf(params['dilationRate'], axes);
  if (Math.max(...strides) === 1 || Math.max(...dilation) === 1) return null;
  const [received, spread] = [strides, dilation].map((sizes) => sizes.join(' × '));
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
export function kernelProblem(axes: WindowAxes, params: ParameterValues, shape: Shape): string | null {
  const dilation = sizesOf(params['dilationRate'], axes);
  const window = sizesOf(params['kernelSize'], axes).map((size, axis) => (size - 1) * dilation[axis]! + 1);
  return windowProblem('kernel', window, params['padding'] !== 'valid', shape);
}

/** The convolution with its bias, where it has one, through its activation. */
export function addBias(context: LayerContext, y: ValueId): ValueId {
  const { builder, params } = context;
  const biased = (): ValueId => builder.add(y, trainedWeight(context, 'bias', [builder.shapeOf(y).at(-1)!]));
  const z = applyActivation(builder, params['activation'], params['useBias'] === true ? biased() : y);
  return regularizedActivity(context, z);
}

/** The kernel of a convolution as one for images: [height, width, …]. */
export function imageKernel({ builder }: LayerContext, axes: 1 | 2, kernel: ValueId): ValueId {
  return axes === 1 ? builder.reshape(kernel, [1, ...builder.shapeOf(kernel)]) : kernel;
}
