import type { ValueId } from '../../../../src-shared/program/language/types.ts';
import { NodeRefusal } from '../../operations/graph-program.ts';
import { emitting } from './onnx-context.ts';
import type { OnnxContext, OnnxConverter } from './onnx-context.ts';

type Reduce = (context: OnnxContext, x: ValueId, axes: readonly number[], keepDims: boolean) => ValueId;

const reduction = (reduce: Reduce): OnnxConverter =>
  emitting((context) => {
    const x = context.value(0);
    const shape = context.builder.shapeOf(x);
    const given = context.list(1, 'axes') ?? [];
    if (given.length === 0 && context.number('noop_with_empty_axes', 0) !== 0) return reduce(context, x, [], true);
    const all = given.length === 0 ? [...shape.keys()] : given.map((axis) => context.axis(axis, shape));
    const axes = [...new Set(all)].toSorted((a, b) => a - b);
    context.requireWithin(axes, shape);
    return reduce(context, x, axes, context.number('keepdims', 1) !== 0);
  });

const sum: Reduce = ({ builder }, x, axes, keepDims) => builder.reduceSum(x, axes, keepDims);
const extreme =
  (op: 'reduceMax' | 'reduceMin'): Reduce =>
  ({ builder }, x, axes, keepDims) =>
    axes.length === 0 ? x : builder[op](x, axes, keepDims);

const squares: Reduce = (context, x, axes, keepDims) =>
  sum(context, context.builder.plain('square', x), axes, keepDims);

const logSumExp: Reduce = (context, x, axes, keepDims) => {
  const { builder } = context;
  const most = extreme('reduceMax')(context, x, axes, true);
  const total = sum(context, builder.plain('exp', builder.subtract(x, most)), axes, true);
  const result = builder.add(builder.plain('log', total), most);
  const kept = builder.shapeOf(result).filter((_, axis) => !axes.includes(axis));
  return keepDims ? result : builder.reshape(result, kept);
};

/** All axes after examples and channels. */
const global = (reduce: Reduce): OnnxConverter =>
  emitting((context) => {
    const x = context.value(0);
    const axes = [...context.builder.shapeOf(x).keys()].slice(2);
    if (axes.length === 0) throw new NodeRefusal('no axes of an image');
    return reduce(context, x, axes, true);
  });

const mean: Reduce = ({ builder }, x, axes, keepDims) => builder.reduceMean(x, axes, keepDims);

/** Operations that join values along axes. */
export const reductions: Readonly<Record<string, OnnxConverter>> = {
  ReduceSum: reduction(sum),
  ReduceMean: reduction(mean),
  ReduceMax: reduction(extreme('reduceMax')),
  ReduceMin: reduction(extreme('reduceMin')),
  ReduceSumSquare: reduction(squares),
  ReduceL1: reduction((context, x, axes, keep) => sum(context, context.builder.plain('abs', x), axes, keep)),
  ReduceL2: reduction((context, x, axes, keep) => context.builder.plain('sqrt', squares(context, x, axes, keep))),
  ReduceLogSum: reduction((context, x, axes, keep) => context.builder.plain('log', sum(context, x, axes, keep))),
  ReduceLogSumExp: reduction(logSumExp),
  GlobalAveragePool: global(mean),
  GlobalMaxPool: global(extreme('reduceMax')),
};
