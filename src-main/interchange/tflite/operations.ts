import type { OperatorContext } from './graph-writer.ts';
import { activated, convolution, depthwise, fullyConnected, pooling, transposedConvolution } from './kernels.ts';
import { bool, float, int, ints, text, type } from './node-attributes.ts';
import { joined, moves } from './moves.ts';

/** Writes the nodes of an operator. @returns Its outputs. */
export type Translator = (context: OperatorContext) => string | readonly string[];

/** An operation of TensorFlow with the same inputs. */
const same =
  (op: string): Translator =>
  (context) =>
    context.node(op, context.values());

/** The same with an activation after it. @param field Of the options, with the activation. */
const fused =
  (op: string, field = 0): Translator =>
  (context) =>
    activated(context, context.node(op, context.values()), context.byte(field));

const reduction =
  (op: string): Translator =>
  (context) =>
    context.node(op, context.values(), { keep_dims: bool(context.byte(0) !== 0) });

const softmax: Translator = (context) => {
  const beta = context.real(0);
  if (beta === 1) return context.node('Softmax', [context.value(0)]);
  return context.node('Softmax', [context.node('Scaled', [context.value(0)], { factor: float(beta) })]);
};

const limited =
  (low: number, high: number): Translator =>
  (context) =>
    context.node('Limited', [context.value(0)], { low: float(low), high: float(high) });

/** Types of numbers by their code, for casts. */
const CAST_TYPES: Readonly<Record<number, string>> = { 0: 'DT_FLOAT', 2: 'DT_INT32', 4: 'DT_INT64', 6: 'DT_BOOL' };

const cast: Translator = (context) => {
  const [output = -1] = context.operator.outputs;
  const { type: name } = context.writer.tensor(output);
  const to = { FLOAT32: 'DT_FLOAT', INT32: 'DT_INT32', INT64: 'DT_INT64', BOOL: 'DT_BOOL' }[name];
  if (to === undefined) return context.refused(`to ${CAST_TYPES[context.byte(1)] ?? name}`);
  return context.node('Cast', [context.value(0)], { DstT: type(to) });
};

/** Operations of TensorFlow Lite that are translated. All others are refused by name. */
export const translators: Readonly<Record<string, Translator>> = {
  CONV_2D: convolution,
  DEPTHWISE_CONV_2D: depthwise,
  TRANSPOSE_CONV: transposedConvolution,
  FULLY_CONNECTED: fullyConnected,
  BATCH_MATMUL: (context) => {
    const attr = { adj_x: bool(context.byte(0) !== 0), adj_y: bool(context.byte(1) !== 0) };
    return context.node('BatchMatMulV2', context.values(), attr);
  },
  MAX_POOL_2D: pooling('MaxPool'),
  AVERAGE_POOL_2D: pooling('AvgPool'),
  ...moves,

  ADD: fused('AddV2'),
  SUB: fused('Sub'),
  MUL: fused('Mul'),
  DIV: fused('RealDiv'),
  ADD_N: same('AddN'),
  MAXIMUM: same('Maximum'),
  MINIMUM: same('Minimum'),
  POW: same('Pow'),
  SQUARED_DIFFERENCE: same('SquaredDifference'),
  FLOOR_DIV: same('FloorDiv'),
  FLOOR_MOD: same('FloorMod'),
  EQUAL: same('Equal'),
  NOT_EQUAL: same('NotEqual'),
  GREATER: same('Greater'),
  GREATER_EQUAL: same('GreaterEqual'),
  LESS: same('Less'),
  LESS_EQUAL: same('LessEqual'),
  LOGICAL_AND: same('LogicalAnd'),
  LOGICAL_OR: same('LogicalOr'),
  LOGICAL_NOT: same('LogicalNot'),
  SELECT: same('Select'),
  SELECT_V2: same('SelectV2'),

  ABS: same('Abs'),
  NEG: same('Neg'),
  SIGN: same('Sign'),
  EXP: same('Exp'),
  LOG: same('Log'),
  SQRT: same('Sqrt'),
  RSQRT: same('Rsqrt'),
  SQUARE: same('Square'),
  SIN: same('Sin'),
  COS: same('Cos'),
  FLOOR: same('Floor'),
  CEIL: same('Ceil'),
  ROUND: same('Round'),
  CAST: cast,
  ZEROS_LIKE: same('ZerosLike'),

  RELU: same('Relu'),
  RELU6: same('Relu6'),
  RELU_N1_TO_1: limited(-1, 1),
  RELU_0_TO_1: limited(0, 1),
  LEAKY_RELU: (context) => context.node('LeakyRelu', [context.value(0)], { alpha: float(context.real(0)) }),
  PRELU: same('Prelu'),
  ELU: same('Elu'),
  GELU: (context) => context.node('Gelu', [context.value(0)], { approximate: bool(context.byte(0) !== 0) }),
  HARD_SWISH: same('HardSwish'),
  LOGISTIC: same('Sigmoid'),
  TANH: same('Tanh'),
  SOFTMAX: softmax,
  LOG_SOFTMAX: same('LogSoftmax'),
  L2_NORMALIZATION: (context) => activated(context, context.node('L2Normalized', [context.value(0)]), context.byte(0)),

  SUM: reduction('Sum'),
  MEAN: reduction('Mean'),
  REDUCE_MAX: reduction('Max'),
  REDUCE_MIN: reduction('Min'),
  REDUCE_PROD: reduction('Prod'),

  // Values that the graph has as whole numbers are real ones here; `quantized` rounds them.
  QUANTIZE: same('Identity'),
  DEQUANTIZE: same('Identity'),

  CONCATENATION: joined,
  RESIZE_BILINEAR: (context) => {
    const attr = { align_corners: bool(context.byte(2) !== 0), half_pixel_centers: bool(context.byte(3) !== 0) };
    return context.node('ResizeBilinear', context.values(), attr);
  },
  RESIZE_NEAREST_NEIGHBOR: (context) => {
    const attr = { align_corners: bool(context.byte(0) !== 0), half_pixel_centers: bool(context.byte(1) !== 0) };
    return context.node('ResizeNearestNeighbor', context.values(), attr);
  },
  MIRROR_PAD: (context) => {
    const mode = text(context.byte(0) === 0 ? 'REFLECT' : 'SYMMETRIC');
    return context.node('MirrorPad', context.values(), { mode });
  },
  SQUEEZE: (context) => context.node('Squeeze', context.values(), { squeeze_dims: ints(context.optionList(0)) }),
  PACK: (context) => context.node('Pack', context.values(), { axis: int(context.option(1)) }),
};
