import type { ValueId } from '../../../../src-shared/program/language/types.ts';
import type { LoweringContext, Lowerings } from './context.ts';
import { toChannelsFirst } from './context.ts';
import { castTo } from './elementwise.ts';

type Reduction = 'ReduceSum' | 'ReduceMax' | 'ReduceMin';

function reduce(
  context: LoweringContext,
  opType: Reduction,
  input: ValueId,
  output: ValueId,
  { axes, keepDims }: { axes: readonly number[]; keepDims: boolean },
): void {
  if (axes.length === 0) {
    context.alias(input, output);
    return;
  }
  const write = (name: string, over: readonly number[]): string =>
    context.writer.node(opType, [name, context.writer.integers(over)], { keepdims: keepDims ? 1 : 0 });
  const order = toChannelsFirst(context.rank(input));
  const channelsFirstAxes = axes.map((axis) => order.indexOf(axis)).sort((a, b) => a - b);
  const kept = order.filter((axis) => !axes.includes(axis));
  const keptInOrder = kept.every((axis, index) => index === 0 || kept[index - 1]! < axis);
  if (!context.prefersChannelsFirst([input]) || !(keepDims || keptInOrder)) {
    context.bind(output, write(context.get(input), axes));
    return;
  }
  const result = write(context.getChannelsFirst(input), channelsFirstAxes);
  if (keepDims) context.bindChannelsFirst(output, result);
  else context.bind(output, result);
}

/** Swaps the last two axes. */
function transposeMatrices(context: LoweringContext, value: ValueId): string {
  const rank = context.rank(value);
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  perm[rank - 2] = rank - 1;
  perm[rank - 1] = rank - 2;
  return context.writer.node('Transpose', [context.get(value)], { perm });
}

export const productLowerings: Lowerings<'matMul' | 'reduceSum' | 'reduceMax' | 'reduceMin' | 'argMax'> = {
  matMul(context, { attributes: { transposeA, transposeB }, inputs: [a, b], outputs: [output] }) {
    const { writer } = context;
    if (context.rank(a!) === 2 && (transposeA || transposeB)) {
      const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
      context.bind(output!, writer.node('Gemm', [context.get(a!), context.get(b!)], attributes));
      return;
    }
    const left = transposeA ? transposeMatrices(context, a!) : context.get(a!);
    const right = transposeB ? transposeMatrices(context, b!) : context.get(b!);
    context.bind(output!, writer.node('MatMul', [left, right]));
  },
  reduceSum: (context, { attributes, inputs, outputs }) =>
    reduce(context, 'ReduceSum', inputs[0]!, outputs[0]!, attributes),
  reduceMax: (context, { attributes, inputs, outputs }) =>
    reduce(context, 'ReduceMax', inputs[0]!, outputs[0]!, attributes),
  reduceMin: (context, { attributes, inputs, outputs }) =>
    reduce(context, 'ReduceMin', inputs[0]!, outputs[0]!, attributes),
  argMax(context, { attributes: { axis }, inputs: [x], outputs: [output] }) {
    const index = context.writer.node('ArgMax', [context.get(x!)], { axis, keepdims: 0, select_last_index: 0 });
    context.bind(output!, castTo(context.writer, index, 'int32'));
  },
};
