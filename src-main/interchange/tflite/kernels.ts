import type { GraphWriter, OperatorContext } from './graph-writer.ts';
import { float, ints, text } from './node-attributes.ts';
import { numbersOf } from './constants.ts';
import type { NodeAttribute } from './node-attributes.ts';
import type { TfliteOperator } from './tflite-file.ts';

/** Products, convolutions and pooling. Kernels of the file have the filters first. */

/** Activations that are fused with an operation, by their code. */
const RELU = 1;
const RELU_N1_TO_1 = 2;
const RELU6 = 3;
const TANH = 4;

export function activated(context: OperatorContext, value: string, code: number): string {
  if (code === 0) return value;
  if (code === RELU) return context.node('Relu', [value]);
  if (code === RELU_N1_TO_1) return context.node('Limited', [value], { low: float(-1), high: float(1) });
  if (code === RELU6) return context.node('Relu6', [value]);
  return code === TANH ? context.node('Tanh', [value]) : context.refused(`with activation ${code}`);
}

function withBias(context: OperatorContext, value: string, input: number): string {
  return context.has(input) ? context.node('BiasAdd', [value, context.value(input)]) : value;
}

/** A convolution of pictures in blocks, which is one with dilations. */
interface Dilation {
  readonly block: readonly [number, number];
  /** Before and after height, then width. */
  readonly margins: readonly number[];
}

const CONVOLUTIONS: ReadonlySet<string> = new Set(['CONV_2D', 'DEPTHWISE_CONV_2D']);

/** Null: it is no convolution, what it reads are no blocks, or its result is used in blocks. */
export function dilationBefore(writer: GraphWriter, operator: TfliteOperator): Dilation | null {
  const [input = -1, ...operands] = operator.inputs;
  const [output = -1] = operator.outputs;
  if (!CONVOLUTIONS.has(operator.name) || operands.includes(input) || writer.isOutput(output)) return null;
  const before = writer.producerOf(input);
  const [after, ...others] = writer.readersOf(output);
  if (before?.name !== 'SPACE_TO_BATCH_ND' || after?.name !== 'BATCH_TO_SPACE_ND' || others.length > 0) return null;
  const numbers = ({ inputs }: TfliteOperator, index: number): readonly number[] | null =>
    numbersOf(writer.tensor(inputs[index] ?? -1));
  const [block, margins, end] = [numbers(before, 1), numbers(before, 2), numbers(after, 1)];
  if (block?.length !== 2 || margins?.length !== 4 || block.join() !== end?.join()) return null;
  return { block: [block[0]!, block[1]!], margins };
}

const PADDINGS = ['SAME', 'VALID'] as const;

/** @param dilations Field of the options with that of the width; the height's is the next one. */
function windowAttributes(
  context: OperatorContext,
  dilations: number,
  kernel: readonly number[],
): Readonly<Record<string, NodeAttribute>> | null {
  const padding = PADDINGS[context.byte(0)];
  if (padding === undefined) return null;
  const rates = [context.option(dilations + 1, 1), context.option(dilations, 1)];
  const strides = [context.option(2), context.option(1)];
  const blocks = dilationBefore(context.writer, context.operator);
  const isInBlocks = context.writer.producerOf(context.operator.inputs[0] ?? -1)?.name === 'SPACE_TO_BATCH_ND';
  if (blocks === null) {
    if (isInBlocks) return null;
    return {
      strides: ints([1, ...strides, 1]),
      dilations: ints([1, ...rates, 1]),
      padding: text(padding),
    };
  }
  if (![...rates, ...strides].every((size) => size === 1)) return null;
  const { block, margins } = blocks;
  const explicit = block.flatMap((size, axis) => {
    const inner = padding === 'SAME' ? kernel[axis]! - 1 : 0;
    const before = Math.floor(inner / 2);
    return [margins[2 * axis]! + size * before, margins[2 * axis + 1]! + size * (inner - before)];
  });
  return {
    strides: ints([1, 1, 1, 1]),
    dilations: ints([1, ...block, 1]),
    padding: text('EXPLICIT'),
    explicit_paddings: ints([0, 0, ...explicit, 0, 0]),
  };
}

export function convolution(context: OperatorContext): string {
  const [, height = 0, width = 0] = context.tensor(1).shape;
  const kernel = context.arranged(1, { axes: [1, 2, 3, 0] });
  const attributes = windowAttributes(context, 4, [height, width]);
  if (kernel === null || attributes === null) return context.refused('in another form');
  const value = context.node('Conv2D', [context.value(0), kernel], attributes);
  return activated(context, withBias(context, value, 2), context.byte(3));
}

export function depthwise(context: OperatorContext): string {
  const [, height = 0, width = 0, filters = 0] = context.tensor(1).shape;
  const channels = context.tensor(0).shape[3] ?? 0;
  const each = filters / channels;
  const attributes = windowAttributes(context, 5, [height, width]);
  if (!Number.isInteger(each) || each < 1 || attributes === null) return context.refused('in another form');
  const kernel = context.arranged(1, { shape: [height, width, channels, each] });
  if (kernel === null) return context.refused('with a computed kernel');
  const value = context.node('DepthwiseConv2dNative', [context.value(0), kernel], attributes);
  return activated(context, withBias(context, value, 2), context.byte(4));
}

/** Its first input is the shape of the result. */
export function transposedConvolution(context: OperatorContext): string {
  const padding = PADDINGS[context.byte(0)];
  const kernel = context.arranged(1, { axes: [1, 2, 0, 3] });
  if (kernel === null || padding === undefined) return context.refused('in another form');
  const attributes = { strides: ints([1, context.option(2), context.option(1), 1]), padding: text(padding) };
  const value = context.node('Conv2DBackpropInput', [context.value(0), kernel, context.value(2)], attributes);
  return activated(context, withBias(context, value, 3), context.byte(3));
}

export function fullyConnected(context: OperatorContext): string {
  if (context.byte(1) !== 0) return context.refused('with shuffled weights');
  const { shape } = context.tensor(0);
  const [, features = 0] = context.tensor(1).shape;
  const keepsAxes = context.byte(2) !== 0 || shape.length === 2;
  const x = keepsAxes ? context.value(0) : context.reshaped(context.value(0), [-1, features]);
  const kernel = context.arranged(1, { axes: [1, 0] });
  const value =
    kernel === null
      ? context.node('MatMul', [x, context.value(1)], { transpose_b: { b: true } })
      : context.node('MatMul', [x, kernel]);
  return activated(context, withBias(context, value, 2), context.byte(0));
}

export const pooling =
  (op: 'MaxPool' | 'AvgPool') =>
  (context: OperatorContext): string => {
    const padding = PADDINGS[context.byte(0)];
    if (padding === undefined) return context.refused('in another form');
    const attributes = {
      ksize: ints([1, context.option(4), context.option(3), 1]),
      strides: ints([1, context.option(2), context.option(1), 1]),
      padding: text(padding),
    };
    return activated(context, context.node(op, [context.value(0)], attributes), context.byte(5));
  };
