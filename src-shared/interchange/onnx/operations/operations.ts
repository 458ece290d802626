import type { OnnxCall, Operand } from '../graph/call.ts';
import type { LayerValue } from '../graph/layer-value.ts';
import { numberAttribute, OnnxRefusal } from '../graph/onnx-model.ts';
import { numbersOf } from '../graph/constants.ts';
import {
  clip,
  elu,
  formula,
  gelu,
  hardSigmoid,
  leakyRelu,
  logSoftmax,
  named,
  prelu,
  relu,
  selu,
  softmax,
  swish,
  thresholdedRelu,
} from './activations.ts';
import { conv, convTranspose } from './convolutions.ts';
import { arithmetic, concat } from './elementwise.ts';
import { gather } from './lookup.ts';
import { batchNormalization, groupNormalization, instanceNormalization, layerNormalization } from './normalization.ts';
import { averagePool, globalPool, maxPool, reduction } from './pooling.ts';
import { gemm, matMul } from './products.ts';
import { gru, lstm } from './recurrent.ts';
import { resize } from './resize.ts';
import {
  cast,
  expand,
  flatten,
  pad,
  reshape,
  shape,
  slice,
  splitParts,
  squeeze,
  transpose,
  unsqueeze,
} from './shapes.ts';

/** Makes layers of an operation; null for an output that nothing uses. @throws OnnxRefusal if that cannot be exact. */
export type Operation = (call: OnnxCall) => Operand | readonly (Operand | null)[];

function dropout(call: OnnxCall): LayerValue {
  const { node, reading } = call;
  const value = call.layer(0);
  if ((reading.consumers.get(node.outputs[1] ?? '') ?? 0) > 0) throw new OnnxRefusal('its mask is used');
  const training = call.constant(2);
  if (training !== null && numbersOf(training, 1)[0] !== 0) throw new OnnxRefusal('it is in training mode');
  const ratio = call.constant(1);
  const rate = ratio === null ? numberAttribute(node, 'ratio', 0.5) : numbersOf(ratio, 1)[0]!;
  return rate > 0 && rate < 1 ? call.each(value, 'Dropout', { rate }, value.nonNegative) : value;
}

/** Operations that can be layers, by their name. */
const operations: Readonly<Record<string, Operation>> = {
  Gemm: gemm,
  MatMul: matMul,
  LSTM: lstm,
  GRU: gru,
  Conv: conv,
  ConvTranspose: convTranspose,
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalPool('GlobalAveragePooling'),
  GlobalMaxPool: globalPool('GlobalMaxPooling'),
  ReduceMean: reduction('GlobalAveragePooling'),
  ReduceMax: reduction('GlobalMaxPooling'),
  ReduceMin: reduction('ReduceMin'),
  ReduceSum: reduction('ReduceSum'),
  Relu: relu,
  LeakyRelu: leakyRelu,
  PRelu: prelu,
  ThresholdedRelu: thresholdedRelu,
  Clip: clip,
  Elu: elu,
  Selu: selu,
  Gelu: gelu,
  Swish: swish,
  Sigmoid: named('sigmoid', true),
  HardSigmoid: hardSigmoid,
  HardSwish: named('hardSilu'),
  Mish: named('mish'),
  Tanh: named('tanh'),
  Softplus: named('softplus', true),
  Softsign: named('softsign'),
  Exp: named('exponential', true),
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  Abs: formula('abs(x)', true),
  Neg: formula('-x'),
  Sqrt: formula('sqrt(x)', true),
  Reciprocal: formula('1 / x'),
  Log: formula('log(x)'),
  Sin: formula('sin(x)'),
  Cos: formula('cos(x)'),
  Floor: formula('floor(x)'),
  Ceil: formula('ceil(x)'),
  Sign: formula('sign(x)'),
  Erf: formula('erf(x)'),
  Add: arithmetic,
  Sub: arithmetic,
  Mul: arithmetic,
  Div: arithmetic,
  Pow: arithmetic,
  Max: arithmetic,
  Min: arithmetic,
  Sum: arithmetic,
  Mean: arithmetic,
  Concat: concat,
  Gather: gather,
  Split: splitParts,
  Slice: slice,
  Pad: pad,
  Resize: resize,
  Upsample: resize,
  Dropout: dropout,
  Identity: (call) => call.anyLayer(0),
  Cast: cast,
  Expand: expand,
  Flatten: flatten,
  Reshape: reshape,
  Shape: shape,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
};

export function operationOf(opType: string): Operation | null {
  return Object.hasOwn(operations, opType) ? operations[opType]! : null;
}
