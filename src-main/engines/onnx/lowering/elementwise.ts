import { SELU_ALPHA, SELU_SCALE } from '../../../../src-shared/program/language/selu.ts';
import type { OpName, Shape, ValueId } from '../../../../src-shared/program/language/types.ts';
import type { OnnxType } from '../model/onnx-model.ts';
import { ONNX_TYPE_CODES } from '../model/onnx-model.ts';
import type { GraphWriter } from '../model/graph-writer.ts';
import type { Lowering, LoweringContext, Lowerings } from './context.ts';
import { toChannelsFirst } from './context.ts';

/**
 * Writes an elementwise operation in the axis order in which its inputs are available.
 *
 * @param write Receives the inputs' names and returns the outputs' names.
 */
export function writeElementwise(
  context: LoweringContext,
  inputs: readonly ValueId[],
  outputs: readonly ValueId[],
  write: (names: readonly string[]) => readonly string[],
): void {
  const rank = Math.max(...inputs.map((input) => context.rank(input)));
  const channelsFirst =
    context.prefersChannelsFirst(inputs) &&
    inputs.every((input) => context.rank(input) === rank || !context.type(input).shape.includes(null));
  const names = inputs.map((input) => (channelsFirst ? alignChannelsFirst(context, input, rank) : context.get(input)));
  const results = write(names);
  outputs.forEach((output, index) => {
    if (channelsFirst) context.bindChannelsFirst(output, results[index]!);
    else context.bind(output, results[index]!);
  });
}

/** Converts a value that broadcasts to `rank` with channels last, so that it broadcasts with channels first. */
function alignChannelsFirst(context: LoweringContext, value: ValueId, rank: number): string {
  const { shape } = context.type(value);
  if (shape.length === rank) return context.getChannelsFirst(value);
  if (shape.every((extent) => extent === 1)) return context.get(value);
  const aligned: Shape = [...Array<number>(rank - shape.length).fill(1), ...shape];
  const natural = context.writer.node('Reshape', [context.get(value), context.writer.integers(aligned.map(Number))]);
  return context.writer.node('Transpose', [natural], { perm: toChannelsFirst(rank) });
}

type Write = (writer: GraphWriter, names: readonly string[]) => string;

/** Lowering of an operation with one output. */
function elementwise<Name extends OpName>(write: Write): Lowering<Name> {
  return (context, { inputs, outputs }) =>
    writeElementwise(context, inputs, outputs, (names) => [write(context.writer, names)]);
}

/** Lowering to an ONNX operator with the same inputs and no attributes. */
function direct<Name extends OpName>(opType: string): Lowering<Name> {
  return elementwise((writer, names) => writer.node(opType, names));
}

export function castTo(writer: GraphWriter, value: string, type: OnnxType): string {
  return writer.node('Cast', [value], { to: ONNX_TYPE_CODES[type] });
}

/**
 * log(1 + x), exact for small x: with u = 1 + x rounded, log(u) * x / (u - 1).
 * Source: HP-15C Advanced Functions Handbook (W. Kahan, 1982), appendix.
 */
export function writeLog1p(writer: GraphWriter, x: string): string {
  const one = writer.float(1);
  const u = writer.node('Add', [x, one]);
  const difference = writer.node('Sub', [u, one]);
  const quotient = writer.node('Div', [x, difference]);
  const exact = writer.node('Mul', [writer.node('Log', [u]), quotient]);
  const infinite = writer.node('Equal', [u, writer.float(Infinity)]);
  const tiny = writer.node('Equal', [difference, writer.float(0)]);
  return writer.node('Where', [writer.node('Or', [tiny, infinite]), x, exact]);
}

/** log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)). */
export function writeSoftplus(writer: GraphWriter, x: string): string {
  const tail = writer.node('Exp', [writer.node('Neg', [writer.node('Abs', [x])])]);
  return writer.node('Add', [writer.node('Relu', [x]), writeLog1p(writer, tail)]);
}

/** gradient · slope if the output y is not negative, else gradient · (y + offset). */
const exponentialGradient = <Name extends OpName>(slope: number, offset: number): Lowering<Name> =>
  elementwise((writer, [y, gradient]) => {
    const negative = writer.node('Less', [y!, writer.float(0)]);
    const falling = writer.node('Add', [y!, writer.float(offset)]);
    return writer.node('Mul', [gradient!, writer.node('Where', [negative, falling, writer.float(slope)])]);
  });

const identity = <Name extends OpName>(context: LoweringContext, operation: Parameters<Lowering<Name>>[1]): void =>
  context.alias(operation.inputs[0]!, operation.outputs[0]!);

export const elementwiseLowerings: Lowerings<
  | 'negative'
  | 'exp'
  | 'log'
  | 'log1p'
  | 'sqrt'
  | 'square'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'relu'
  | 'elu'
  | 'selu'
  | 'sigmoid'
  | 'tanh'
  | 'softplus'
  | 'erf'
  | 'sin'
  | 'cos'
  | 'logicalNot'
  | 'cast'
  | 'stopGradient'
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'power'
  | 'maximum'
  | 'minimum'
  | 'equal'
  | 'greater'
  | 'greaterEqual'
  | 'less'
  | 'lessEqual'
  | 'logicalAnd'
  | 'logicalOr'
  | 'select'
  | 'reluGradient'
  | 'eluGradient'
  | 'seluGradient'
  | 'sigmoidGradient'
  | 'tanhGradient'
> = {
  negative: direct('Neg'),
  exp: direct('Exp'),
  log: direct('Log'),
  log1p: elementwise((writer, [x]) => writeLog1p(writer, x!)),
  sqrt: direct('Sqrt'),
  square: elementwise((writer, [x]) => writer.node('Mul', [x!, x!])),
  abs: direct('Abs'),
  sign: direct('Sign'),
  floor: direct('Floor'),
  relu: direct('Relu'),
  // The operators' default attributes have the values of `selu.ts`.
  elu: direct('Elu'),
  selu: direct('Selu'),
  sigmoid: direct('Sigmoid'),
  tanh: direct('Tanh'),
  softplus: elementwise((writer, [x]) => writeSoftplus(writer, x!)),
  erf: direct('Erf'),
  sin: direct('Sin'),
  cos: direct('Cos'),
  logicalNot: direct('Not'),
  cast(context, operation) {
    const { dtype } = operation.attributes;
    if (context.type(operation.inputs[0]!).dtype === dtype) identity<'cast'>(context, operation);
    else elementwise<'cast'>((writer, [x]) => castTo(writer, x!, dtype))(context, operation);
  },
  stopGradient: identity,
  add: direct('Add'),
  subtract: direct('Sub'),
  multiply: direct('Mul'),
  divide: direct('Div'),
  power: direct('Pow'),
  maximum: direct('Max'),
  minimum: direct('Min'),
  equal: direct('Equal'),
  greater: direct('Greater'),
  greaterEqual: direct('GreaterOrEqual'),
  less: direct('Less'),
  lessEqual: direct('LessOrEqual'),
  logicalAnd: direct('And'),
  logicalOr: direct('Or'),
  select(context, operation) {
    if (context.type(operation.outputs[0]!).dtype !== 'bool') direct<'select'>('Where')(context, operation);
    // Where has no kernel for bool.
    else
      elementwise<'select'>((writer, [condition, whenTrue, whenFalse]) =>
        writer.node('Or', [
          writer.node('And', [condition!, whenTrue!]),
          writer.node('And', [writer.node('Not', [condition!]), whenFalse!]),
        ]),
      )(context, operation);
  },
  reluGradient: elementwise((writer, [y, gradient]) => {
    // Twice as fast as Where; TensorFlow does the same.
    const active = castTo(writer, writer.node('Greater', [y!, writer.float(0)]), 'float32');
    return writer.node('Mul', [gradient!, active]);
  }),
  eluGradient: exponentialGradient(1, 1),
  seluGradient: exponentialGradient(SELU_SCALE, SELU_SCALE * SELU_ALPHA),
  sigmoidGradient: elementwise((writer, [y, gradient]) => {
    const slope = writer.node('Mul', [y!, writer.node('Sub', [writer.float(1), y!])]);
    return writer.node('Mul', [gradient!, slope]);
  }),
  tanhGradient: elementwise((writer, [y, gradient]) => {
    const slope = writer.node('Sub', [writer.float(1), writer.node('Mul', [y!, y!])]);
    return writer.node('Mul', [gradient!, slope]);
  }),
};
