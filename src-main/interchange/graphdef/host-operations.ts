import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { DType } from '../../../src-shared/program/language/types.ts';
import { dtypeOf } from './graph-def.ts';
import type { Attributes } from './graph-def.ts';
import { computedHost } from './host-values.ts';
import type { HostValue } from './host-values.ts';
import { sliceOf } from './slices.ts';

/** A tensor for one batch size. */
interface Plain {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Null: not known for these inputs. */
type HostOperation = (attributes: Attributes, ...inputs: Plain[]) => Plain | null;

const MAX_VALUES = 65_536;

const rounded = (dtype: DType, value: number): number => (dtype === 'float32' ? Math.fround(value) : Math.trunc(value));

const binary =
  (f: (a: number, b: number) => number): HostOperation =>
  (_, a, b) => {
    if (a === undefined || b === undefined || a.dtype !== b.dtype) return null;
    const [long, short] = a.values.length >= b.values.length ? [a, b] : [b, a];
    if (short.values.length !== 1 && short.shape.join() !== long.shape.join()) return null;
    if (short.shape.length > long.shape.length) return null;
    const at = ({ values }: Plain, index: number): number => values[values.length === 1 ? 0 : index]!;
    const values = long.values.map((_value, index) => rounded(a.dtype, f(at(a, index), at(b, index))));
    return { ...long, values };
  };

const unary =
  (f: (value: number) => number): HostOperation =>
  (_, x) =>
    x === undefined ? null : { ...x, values: x.values.map((value) => rounded(x.dtype, f(value))) };

/** Over all values of a list. */
const reduction =
  (start: number, f: (sum: number, value: number) => number): HostOperation =>
  (attributes, x) => {
    if (x === undefined || x.shape.length > 1) return null;
    const value = rounded(x.dtype, x.values.reduce(f, start));
    const keepsDims = attributes.bool('keep_dims') || attributes.bool('keepDims');
    return { dtype: x.dtype, shape: keepsDims ? x.shape.map(() => 1) : [], values: [value] };
  };

const same: HostOperation = (_, x) => x ?? null;

function withShape(x: Plain, shape: readonly number[]): Plain | null {
  return elementCount(shape) === x.values.length ? { ...x, shape } : null;
}

/** Arithmetic on shapes: what TensorFlow computes with small integers, and with numbers made of them. */
const operations: Readonly<Record<string, HostOperation>> = {
  Identity: same,
  StopGradient: same,
  Cast: (attributes, x) => {
    const dtype = dtypeOf(attributes.type('DstT', ''));
    if (x === undefined || dtype === null) return null;
    const values = x.values.map((value) => (dtype === 'bool' ? Number(value !== 0) : rounded(dtype, value)));
    return { ...x, dtype, values };
  },
  Add: binary((a, b) => a + b),
  AddV2: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  RealDiv: binary((a, b) => a / b),
  Div: binary((a, b) => a / b),
  FloorDiv: binary((a, b) => Math.floor(a / b)),
  FloorMod: binary((a, b) => a - b * Math.floor(a / b)),
  Maximum: binary(Math.max),
  Minimum: binary(Math.min),
  Neg: unary((value) => -value),
  Prod: reduction(1, (product, value) => product * value),
  Sum: reduction(0, (sum, value) => sum + value),
  Reshape: (_, x, target) => {
    if (x === undefined || target === undefined) return null;
    const known = target.values.reduce((product, size) => (size === -1 ? product : product * size), 1);
    return withShape(
      x,
      target.values.map((size) => (size === -1 ? x.values.length / known : size)),
    );
  },
  ExpandDims: (_, x, axis) => {
    if (x === undefined || axis === undefined) return null;
    const [at = 0] = axis.values;
    return { ...x, shape: x.shape.toSpliced(at < 0 ? at + x.shape.length + 1 : at, 0, 1) };
  },
  Squeeze: (attributes, x) => {
    if (x === undefined) return null;
    const dims = attributes.ints('squeeze_dims').map((axis) => (axis < 0 ? axis + x.shape.length : axis));
    return withShape(
      x,
      x.shape.filter((size, axis) => (dims.length === 0 ? size !== 1 : !dims.includes(axis))),
    );
  },
  Pack: (_, ...inputs) => {
    const [first] = inputs;
    if (first === undefined || inputs.some(({ shape }) => shape.length > 0)) return null;
    return { dtype: first.dtype, shape: [inputs.length], values: inputs.flatMap(({ values }) => values) };
  },
  ConcatV2: (_, ...inputs) => {
    const lists = inputs.slice(0, -1);
    const [first] = lists;
    if (first === undefined || lists.some(({ shape }) => shape.length !== 1)) return null;
    const values = lists.flatMap((list) => list.values);
    return { dtype: first.dtype, shape: [values.length], values };
  },
  GatherV2: (_, x, indices) => {
    if (x?.shape.length !== 1 || indices === undefined) return null;
    const values = indices.values.map((index) => x.values[index]);
    return values.every((value) => value !== undefined) ? { dtype: x.dtype, shape: indices.shape, values } : null;
  },
  StridedSlice: (attributes, x, begin, end, strides) => {
    if (x?.shape.length !== 1 || begin === undefined || end === undefined || strides === undefined) return null;
    const slice = sliceOf(attributes, x.shape, begin.values, end.values, strides.values);
    if (slice === null) return null;
    const [start, size] = [slice.starts[0]!, slice.sizes[0]!];
    const values = x.values.slice(start, start + size);
    return { dtype: x.dtype, shape: slice.shape, values };
  },
  Slice: (_, x, begin, size) => {
    if (x?.shape.length !== 1 || begin === undefined || size === undefined) return null;
    const [start = 0] = begin.values;
    const [count = 0] = size.values;
    const values = x.values.slice(start, count === -1 ? undefined : start + count);
    return { dtype: x.dtype, shape: [values.length], values };
  },
  Fill: (_, dims, value) => {
    if (dims === undefined || value === undefined || elementCount(dims.values) > MAX_VALUES) return null;
    const values = new Array<number>(elementCount(dims.values)).fill(value.values[0]!);
    return { dtype: value.dtype, shape: dims.values, values };
  },
  Range: (_, start, limit, delta) => {
    if (start === undefined || limit === undefined || delta === undefined) return null;
    const [from, to, by] = [start.values[0]!, limit.values[0]!, delta.values[0]!];
    const count = Math.max(0, Math.ceil((to - from) / by));
    if (!(count <= MAX_VALUES)) return null;
    return { dtype: start.dtype, shape: [count], values: Array.from({ length: count }, (_value, i) => from + i * by) };
  },
};

/** The operation on numbers that are known; null if it is none of these, or its result depends on the batch size in another way. */
export function computeOnHost(op: string, attributes: Attributes, inputs: readonly HostValue[]): HostValue | null {
  const compute = Object.hasOwn(operations, op) ? operations[op]! : null;
  if (compute === null) return null;
  const results = ([0, 1] as const).map((batch) =>
    compute(attributes, ...inputs.map(({ dtype, shape, values }) => ({ dtype, shape, values: values[batch] }))),
  );
  const [a, b] = results;
  if (a == null || b == null || ![...a.values, ...b.values].every(Number.isFinite)) return null;
  return computedHost((batch) => (batch === 0 ? a : b));
}
