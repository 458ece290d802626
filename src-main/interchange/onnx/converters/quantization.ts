import { made, tensorOfConstant } from '../../../../src-shared/interchange/onnx/graph/constants.ts';
import { foldOf } from '../../../../src-shared/interchange/onnx/graph/fold-constants.ts';
import { INTEGER_RANGES, ONNX_TYPES, sizeOf } from '../../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import type { OnnxNode, OnnxTensor, OnnxType } from '../../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import type { ValueId } from '../../../../src-shared/program/language/types.ts';
import { NodeRefusal } from '../../operations/graph-program.ts';
import { between, roundedToEven } from '../../operations/rounding.ts';
import { arithmetic } from './arithmetic.ts';
import { computed, emitting, OnnxContext } from './onnx-context.ts';
import type { OnnxConverter, OnnxValue } from './onnx-context.ts';
import { moving } from './moving.ts';
import { products } from './products.ts';
import { reductions } from './reductions.ts';
import { windows } from './windows.ts';

/**
 * Quantized values: q = saturate(round(x / scale) + zero), the even one of two whole numbers that are equally near, and
 * x = (q - zero) · scale. A value of the program holds q as float32, which is exact, so that it can be a connection
 * between two nodes. Source: https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html.
 */

/** Input indices of a quantized value, its scale and its zero point. */
type Quantized = readonly [value: number, scale: number, zero: number];

/** A scale or zero point as a number, or as one for each index of an axis. */
function factor(context: OnnxContext, index: number, x: ValueId): ValueId {
  const { builder } = context;
  const shape = builder.shapeOf(x);
  const numbers = context.numbers(index);
  if (context.number('block_size', 0) !== 0) throw new NodeRefusal('blocks of scales');
  if (numbers.length === 1) return context.scalar(numbers[0]!);
  const axis = context.axis(context.number('axis', 1), shape);
  if (shape[axis] !== numbers.length) throw new NodeRefusal(`${numbers.length} scales for axis ${axis}`);
  const sizes = [...shape.keys()].slice(axis).map((each) => (each === axis ? numbers.length : 1));
  return builder.constant('float32', sizes, numbers.map(Math.fround));
}

/** The type of quantized values: that of their zero point. */
function typeOf(context: OnnxContext, zero: number): OnnxType {
  if (context.has(zero)) return tensorOfConstant(context.constant(zero)).type;
  return ONNX_TYPES[context.number('output_dtype', 0)] ?? 'uint8';
}

function quantized(context: OnnxContext, x: ValueId, scale: number, zero: number): OnnxValue {
  const { builder } = context;
  const type = typeOf(context, zero);
  const range = INTEGER_RANGES[type];
  if (range === undefined) throw new NodeRefusal(`quantized numbers of type ${type}`);
  if (builder.typeOf(x).dtype !== 'float32') throw new NodeRefusal('whole numbers to quantize');
  if (context.numbers(scale).some((value) => !(value > 0))) throw new NodeRefusal('a scale that is not positive');
  const whole = roundedToEven(builder, builder.divide(x, factor(context, scale, x)));
  const moved = context.has(zero) ? builder.add(whole, factor(context, zero, x)) : whole;
  return { kind: 'computed', value: between(builder, moved, ...range), stored: type };
}

/** A tensor of the file, which is a weight of this node only, as the real numbers that it stands for. */
function realConstant(context: OnnxContext, tensor: OnnxTensor, index: number): OnnxValue {
  const names = new Set([`${context.node.outputs[0]} (input ${index + 1})`]);
  return { kind: 'constant', constant: { forBatches: [tensor, tensor], names, initializers: new Set() } };
}

function dequantizedTensor(x: OnnxTensor, scale: OnnxTensor, zero: OnnxTensor | null, axis: number): OnnxTensor {
  const node: OnnxNode = {
    name: '',
    opType: 'DequantizeLinear',
    inputs: [],
    outputs: [],
    attributes: new Map([['axis', axis]]),
  };
  return foldOf('DequantizeLinear')!(node, [x, scale, zero], 13);
}

/** @param axis Of the scales of a tensor of the file, if there are several. */
function real(context: OnnxContext, [at, scale, zero]: Quantized, axis: number): OnnxValue {
  const tensor = (index: number): OnnxTensor => tensorOfConstant(context.constant(index));
  if (!context.isComputed(at)) {
    const origin = context.has(zero) ? tensor(zero) : null;
    return realConstant(context, dequantizedTensor(tensor(at), tensor(scale), origin, axis), at);
  }
  for (const index of [scale, zero].filter((each) => context.has(each))) {
    if (context.numbers(index).length !== 1) throw new NodeRefusal('several scales of a computed value');
  }
  return computed(dequantized(context, [at, scale, zero]));
}

function dequantized(context: OnnxContext, [at, scale, zero]: Quantized): ValueId {
  const { builder } = context;
  const x = context.quantized(at);
  const whole = context.has(zero) ? builder.subtract(x, factor(context, zero, x)) : x;
  return builder.multiply(whole, factor(context, scale, x));
}

/** Sums of products, quantized with the factors' scales, as real numbers. */
function realSummand(context: OnnxContext, at: number, scales: readonly number[], alpha = 1): OnnxValue {
  const lists = scales.map((index) => context.numbers(index));
  const count = Math.max(...lists.map(({ length }) => length));
  const tensor = tensorOfConstant(context.constant(at));
  const product = Array.from({ length: count }, (_, index) =>
    Math.fround(lists.reduce((total, list) => total * (list.length === 1 ? list[0]! : list[index]!), alpha)),
  );
  const scale = made('float32', count === 1 ? [] : [count], product);
  return realConstant(context, dequantizedTensor(tensor, scale, null, tensor.shape.length - 1), at);
}

/** The conversion of another operation, on other inputs of this node. */
function converted(context: OnnxContext, convert: OnnxConverter, inputs: readonly (OnnxValue | null)[]): ValueId {
  const made = convert(new OnnxContext(context.program, context.node, context.opset, inputs));
  if (!('kind' in made) || made.kind !== 'computed') throw new NodeRefusal('constants only');
  return made.value;
}

const last = (context: OnnxContext, index: number): number =>
  context.isComputed(index) ? 0 : Math.max(0, context.shapeOfInput(index).length - 1);

const conv: OnnxConverter = (context) => {
  const inputs = [real(context, [0, 1, 2], 0), real(context, [3, 4, 5], 0)];
  if (context.has(8)) inputs.push(realSummand(context, 8, [1, 4]));
  return quantized(context, converted(context, windows['Conv']!, inputs), 6, 7);
};

const matMul: OnnxConverter = (context) => {
  const factors = [real(context, [0, 1, 2], 0), real(context, [3, 4, 5], last(context, 3))];
  return quantized(context, converted(context, products['MatMul']!, factors), 6, 7);
};

const gemm: OnnxConverter = (context) => {
  const isTransposed = context.number('transB', 0) !== 0;
  const inputs = [real(context, [0, 1, 2], 0), real(context, [3, 4, 5], isTransposed ? 0 : 1)];
  // The summand has the scale of the products, and is not multiplied by alpha again.
  if (context.has(6)) inputs.push(realSummand(context, 6, [1, 4], context.number('alpha', 1)));
  const value = converted(context, products['Gemm']!, inputs);
  return context.has(7) ? quantized(context, value, 7, 8) : computed(value);
};

/** Two quantized inputs. */
const binary =
  (convert: OnnxConverter): OnnxConverter =>
  (context) => {
    const inputs = [real(context, [0, 1, 2], 0), real(context, [3, 4, 5], 0)];
    return quantized(context, converted(context, convert, inputs), 6, 7);
  };

const unary =
  (convert: OnnxConverter): OnnxConverter =>
  (context) => {
    if (context.number('channels_last', 0) !== 0) throw new NodeRefusal('channels last');
    return quantized(context, converted(context, convert, [real(context, [0, 1, 2], 0)]), 3, 4);
  };

/** Of any number of inputs, after the scale of the output. */
const concat: OnnxConverter = (context) => {
  const count = (context.inputs.length - 2) / 3;
  if (!Number.isInteger(count) || count < 1) throw new NodeRefusal(`${context.inputs.length} inputs`);
  const inputs = Array.from({ length: count }, (_, index) =>
    real(context, [2 + 3 * index, 3 + 3 * index, 4 + 3 * index], 0),
  );
  return quantized(context, converted(context, moving['Concat']!, inputs), 0, 1);
};

/** Whole numbers without their zero point. Padding of these is 0. */
function centred(context: OnnxContext, at: number, zero: number, axis: number): OnnxValue {
  const { builder } = context;
  if (!context.isComputed(at)) {
    const origin = context.has(zero) ? tensorOfConstant(context.constant(zero)) : null;
    const shape = origin?.shape ?? [];
    const ones = made('float32', shape, new Array<number>(sizeOf(shape)).fill(1));
    const tensor = tensorOfConstant(context.constant(at));
    return realConstant(context, dequantizedTensor(tensor, ones, origin, axis), at);
  }
  const x = context.quantized(at);
  if (!context.has(zero)) return computed(x);
  if (context.isComputed(zero)) return computed(builder.subtract(x, context.quantized(zero)));
  if (context.numbers(zero).length !== 1) throw new NodeRefusal('several zero points of a computed value');
  return computed(builder.subtract(x, context.scalar(context.numbers(zero)[0]!)));
}

/** A product of whole numbers. Sums are of float32: above 16,777,216 they are rounded. */
const integerProduct = (convert: OnnxConverter, axisOf: (context: OnnxContext) => number): OnnxConverter =>
  emitting((context) => {
    const factors = [centred(context, 0, 2, 0), centred(context, 1, 3, axisOf(context))];
    const { builder } = context;
    return builder.cast(roundedToEven(builder, converted(context, convert, factors)), 'int32');
  });

/**
 * Quantization to uint8 by the smallest and the largest value, 0 included, of each example. ONNX takes those of all
 * examples together.
 */
const dynamic: OnnxConverter = (context) => {
  const { builder: b, program } = context;
  const x = context.value(0);
  const shape = b.shapeOf(x);
  const isOfExamples = shape[0] === null;
  const axes = [...shape.keys()].slice(isOfExamples ? 1 : 0);
  if (axes.length === 0 || program.rows.of(x) !== 1) throw new NodeRefusal('steps for rows of several examples');
  const zero = b.scalar(0);
  const low = b.plain('minimum', b.reduceMin(x, axes, isOfExamples), zero);
  const high = b.plain('maximum', b.reduceMax(x, axes, isOfExamples), zero);
  const range = b.subtract(high, low);
  const scale = b.select(b.plain('equal', range, zero), b.scalar(1), b.divide(range, b.scalar(255)));
  const origin = between(b, roundedToEven(b, b.plain('negative', b.divide(low, scale))), 0, 255);
  const y = between(b, b.add(roundedToEven(b, b.divide(x, scale)), origin), 0, 255);
  const stored = (value: ValueId): OnnxValue => ({ kind: 'computed', value, stored: 'uint8' });
  return [stored(y), computed(scale), stored(origin)];
};

/** Operations that round values to few whole numbers. */
export const rounding: Readonly<Record<string, OnnxConverter>> = {
  QuantizeLinear: (context) => quantized(context, context.value(0), 1, 2),
  DynamicQuantizeLinear: dynamic,
  QLinearConv: conv,
  QLinearMatMul: matMul,
  'com.microsoft.QGemm': gemm,
  'com.microsoft.QLinearAdd': binary(arithmetic['Add']!),
  'com.microsoft.QLinearMul': binary(arithmetic['Mul']!),
  'com.microsoft.QLinearAveragePool': unary(windows['AveragePool']!),
  'com.microsoft.QLinearConcat': concat,
  'com.microsoft.QLinearSigmoid': unary(arithmetic['Sigmoid']!),
  'com.microsoft.QLinearLeakyRelu': unary(arithmetic['LeakyRelu']!),
  'com.microsoft.QLinearGlobalAveragePool': unary(reductions['GlobalAveragePool']!),
};

/** Operations of quantized models. */
export const quantization: Readonly<Record<string, OnnxConverter>> = {
  ...rounding,
  DequantizeLinear: emitting((context) => dequantized(context, [0, 1, 2])),
  MatMulInteger: integerProduct(products['MatMul']!, (context) => last(context, 1)),
  ConvInteger: integerProduct(windows['Conv']!, () => 0),
};

/** Operations that only move, copy or choose whole numbers, or read their shape. */
const KEEPING: ReadonlySet<string> = new Set(
  'Reshape Flatten Squeeze Unsqueeze Transpose Concat Split Slice Gather Tile Pad MaxPool DepthToSpace SpaceToDepth Shape Size'.split(
    ' ',
  ),
);

/** A converter as it is used on these inputs: where it keeps quantized numbers, its outputs are quantized as its input. */
export function keepingStored(opType: string, convert: OnnxConverter): OnnxConverter {
  if (!KEEPING.has(opType)) return convert;
  return (context) => {
    const [first] = context.inputs;
    const stored = first?.kind === 'computed' ? first.stored : undefined;
    if (stored === undefined) return convert(context);
    const plain = context.inputs.map((input) =>
      input?.kind === 'computed' && input.stored === stored ? computed(input.value) : input,
    );
    const made = convert(new OnnxContext(context.program, context.node, context.opset, plain));
    const values = Array.isArray(made) ? (made as readonly OnnxValue[]) : [made as OnnxValue];
    return values.map((value) => (value.kind === 'computed' ? { ...value, stored } : value));
  };
}
