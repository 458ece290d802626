import type { ConvolutionAttributes } from '../../../../src-shared/program/language/types.ts';

/** The windows of a convolution or pooling along one spatial axis. */
export interface WindowAxis {
  readonly inputSize: number;
  readonly outputSize: number;
  /** Extent of the window including dilation. */
  readonly windowSize: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padBefore: number;
  readonly padAfter: number;
  /** Number of padded input elements after the last window. */
  readonly remainder: number;
}

/**
 * Padding and sizes of each spatial axis. 'same' is TensorFlow's: the output has
 * ceil(input / stride) elements, and an odd element of padding goes to the end.
 */
export function windowAxes(
  inputSizes: readonly number[],
  kernelSize: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  padding: ConvolutionAttributes['padding'],
): readonly WindowAxis[] {
  return inputSizes.map((inputSize, index) => {
    const stride = strides[index]!;
    const dilation = dilations[index]!;
    const windowSize = (kernelSize[index]! - 1) * dilation + 1;
    let padBefore = 0;
    let padAfter = 0;
    if (padding === 'same') {
      const total = Math.max((Math.ceil(inputSize / stride) - 1) * stride + windowSize - inputSize, 0);
      padBefore = Math.floor(total / 2);
      padAfter = total - padBefore;
    } else if (padding !== 'valid') {
      padBefore = padding[index * 2]!;
      padAfter = padding[index * 2 + 1]!;
    }
    const padded = inputSize + padBefore + padAfter;
    const outputSize = Math.floor((padded - windowSize) / stride) + 1;
    const remainder = padded - ((outputSize - 1) * stride + windowSize);
    return { inputSize, outputSize, windowSize, stride, dilation, padBefore, padAfter, remainder };
  });
}

/** Padding in ONNX's order: before of all axes, then after of all axes. */
export function onnxPads(axes: readonly WindowAxis[]): readonly number[] {
  return [...axes.map(({ padBefore }) => padBefore), ...axes.map(({ padAfter }) => padAfter)];
}
