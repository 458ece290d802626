import type { ConvolutionAttributes } from '../../../../src-shared/program/language/types.ts';

/** How one spatial axis is walked by the windows of a convolution or pooling. */
export interface WindowAxis {
  readonly inputSize: number;
  readonly outputSize: number;
  /** Extent of the window with its dilation. */
  readonly windowSize: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padBefore: number;
  readonly padAfter: number;
  /** Input elements after the last window; 0 or more only if no window covers them. */
  readonly remainder: number;
}

/**
 * Pads and sizes of each axis that a window moves along. `same` is TensorFlow's: the output has
 * ceil(input / stride) elements and the odd element of padding comes after.
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

/** ONNX's order: all that comes before, then all that comes after. */
export function onnxPads(axes: readonly WindowAxis[]): readonly number[] {
  return [...axes.map(({ padBefore }) => padBefore), ...axes.map(({ padAfter }) => padAfter)];
}
