import { allowedSize, input, listInput, made, smallNumbers } from './constants.ts';
import type { Fold } from './constants.ts';
import { arithmeticFolds, broadcastShape, isInteger, spread } from './fold-arithmetic.ts';
import { axisIn, numberAttribute, numbersAttribute, ONNX_TYPES, OnnxRefusal, sizeOf } from './onnx-model.ts';
import type { Numbers, OnnxNode, OnnxTensor } from './onnx-model.ts';
import { transposed, valuesOf, viewOf } from './weight-view.ts';

/** Operations on constants: those of shapes, of weights, and of small numbers. Null: it is none of them. */
export function foldOf(opType: string): Fold | null {
  return Object.hasOwn(folds, opType) ? folds[opType]! : null;
}

const reshaped = (tensor: OnnxTensor, shape: readonly number[]): OnnxTensor => ({ ...tensor, shape });

/** ONNX's Reshape: 0 keeps a size, -1 is what is left. */
export function reshapeSizes(shape: readonly number[], target: readonly number[], keepsZeros: boolean): number[] {
  const sizes = target.map((size, axis) => (size === 0 && !keepsZeros ? (shape[axis] ?? 0) : size));
  const known = sizes.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const full = sizes.map((size) => (size === -1 ? sizeOf(shape) / known : size));
  if (full.every(Number.isInteger) && sizeOf(full) === sizeOf(shape)) return full;
  throw new OnnxRefusal(
    `it needs a shape for the ${sizeOf(shape)} values of ${shape.join(' × ')}; received ${target.join(' × ')}`,
  );
}

/** Axes of Squeeze; absent: all of size 1. */
export function squeezedAxes(shape: readonly number[], axes: readonly number[] | null): number[] {
  const chosen =
    axes?.map((axis) => axisIn(axis, shape.length)) ?? [...shape.keys()].filter((axis) => shape[axis] === 1);
  if (chosen.every((axis) => shape[axis] === 1)) return chosen;
  throw new OnnxRefusal(`it needs axes of size 1; received ${shape.join(' × ')}`);
}

/** Reduces axes; absent: all. */
function reduction(combine: (a: number, b: number) => number): Fold {
  return (node, inputs) => {
    const x = input(inputs, 0);
    const rank = x.shape.length;
    const axes = listInput(node, inputs, 1, 'axes')?.map((axis) => axisIn(axis, rank)) ?? [...x.shape.keys()];
    const keeps = numberAttribute(node, 'keepdims', 1) === 1;
    const kept = [...x.shape.keys()].filter((axis) => !axes.includes(axis));
    const inner = sizeOf(axes.map((axis) => x.shape[axis]!));
    const moved = gathered(x, [...kept, ...axes]);
    const values = Array.from({ length: moved.length / inner }, (_, row) =>
      moved.subarray(row * inner, (row + 1) * inner).reduce((a, b) => combine(a, b)),
    );
    const shape = x.shape.flatMap((size, axis) => (axes.includes(axis) ? (keeps ? [1] : []) : [size]));
    return made(x.type, shape, values);
  };
}

/** Values in another order of axes. */
function gathered(tensor: OnnxTensor, order: readonly number[]): Float64Array {
  allowedSize(tensor.shape);
  return valuesOf(transposed(viewOf(tensor), order));
}

const cast: Fold = (node, inputs) => {
  const x = input(inputs, 0);
  const type = ONNX_TYPES[numberAttribute(node, 'to', 0)];
  if (type === undefined) throw new OnnxRefusal('it casts to a type without numbers');
  if (type === x.type) return x;
  const count = allowedSize(x.shape);
  if (type === 'bool')
    return made(
      type,
      x.shape,
      x.values().map((value) => Number(value !== 0)),
    );
  if (isInteger(type)) return made(type, x.shape, x.values().map(Math.trunc));
  return count > 4096 ? { ...x, type } : made(type, x.shape, x.values());
};

const gather: Fold = (node, inputs) => {
  const [x, indices] = [input(inputs, 0), input(inputs, 1)];
  const axis = axisIn(numberAttribute(node, 'axis', 0), x.shape.length);
  const size = x.shape[axis]!;
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  allowedSize(shape);
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const values = x.values();
  const places = [...indices.values()].map((index) => (index < 0 ? index + size : index));
  if (places.some((place) => place < 0 || place >= size)) throw new OnnxRefusal(`it needs indices below ${size}`);
  const result: number[] = [];
  for (let row = 0; row < outer; row++) {
    for (const place of places) {
      for (let column = 0; column < inner; column++) result.push(values[(row * size + place) * inner + column]!);
    }
  }
  return made(x.type, shape, result);
};

const concat: Fold = (node, inputs) => {
  const parts = inputs.map((_, index) => input(inputs, index));
  const first = input(inputs, 0);
  const axis = axisIn(numberAttribute(node, 'axis', 0), first.shape.length);
  const shape = first.shape.with(
    axis,
    parts.reduce((total, part) => total + (part.shape[axis] ?? NaN), 0),
  );
  const count = allowedSize(shape);
  const outer = sizeOf(first.shape.slice(0, axis));
  const values = parts.map((part) => part.values());
  const result = new Float64Array(count);
  let at = 0;
  for (let row = 0; row < outer; row++) {
    for (const part of values) {
      const length = part.length / outer;
      result.set(part.subarray(row * length, (row + 1) * length), at);
      at += length;
    }
  }
  return made(first.type, shape, result);
};

/** Starts, ends and steps of Slice by axis. */
export interface Slice {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

export function slicesOf(node: OnnxNode, inputs: readonly (OnnxTensor | null)[], shape: readonly number[]): Slice[] {
  const starts = listInput(node, inputs, 1, 'starts');
  const ends = listInput(node, inputs, 2, 'ends');
  if (starts === null || ends === null) throw new OnnxRefusal('it needs starts and ends');
  const axes = listInput(node, inputs, 3, 'axes') ?? [...starts.keys()];
  const steps = listInput(node, inputs, 4, 'steps') ?? starts.map(() => 1);
  return axes.map((given, index) => {
    const axis = axisIn(given, shape.length);
    const size = shape[axis]!;
    const step = steps[index]!;
    if (!(step > 0 || step < 0)) throw new OnnxRefusal('it needs steps that are not 0');
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
    const limited = (value: number): number => Math.min(high, Math.max(low, value < 0 ? value + size : value));
    const start = limited(starts[index]!);
    // A negative end below the first element means all of them.
    const end = limited(ends[index]!);
    return { axis, start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
  });
}

const slice: Fold = (node, inputs) => {
  const x = input(inputs, 0);
  const indices = x.shape.map((size) => [...new Array<number>(size).keys()]);
  for (const { axis, start, step, count } of slicesOf(node, inputs, x.shape)) {
    indices[axis] = Array.from({ length: count }, (_, index) => start + index * step);
  }
  return indices.reduce<OnnxTensor>((tensor, chosen, axis) => {
    const list = made('int64', [chosen.length], chosen);
    return gather({ ...node, attributes: new Map([['axis', axis]]) }, [tensor, list], 13);
  }, x);
};

const constantOfShape: Fold = (node, inputs) => {
  const shape = smallNumbers(input(inputs, 0));
  const value = node.attributes.get('value');
  const filler = typeof value === 'object' && value !== null && 'values' in value && 'type' in value ? value : null;
  const count = allowedSize(shape);
  return made(filler?.type ?? 'float32', shape, new Float64Array(count).fill(filler?.values()[0] ?? 0));
};

const range: Fold = (_, inputs) => {
  const [start, limit, step] = [0, 1, 2].map((index) => input(inputs, index).values()[0]!);
  const count = Math.max(0, Math.ceil((limit! - start!) / step!));
  allowedSize([count]);
  return made(
    input(inputs, 0).type,
    [count],
    Array.from({ length: count }, (__, index) => start! + index * step!),
  );
};

const unsqueeze: Fold = (node, inputs) => {
  const x = input(inputs, 0);
  const axes = listInput(node, inputs, 1, 'axes') ?? [];
  return reshaped(x, unsqueezedShape(x.shape, axes));
};

export function unsqueezedShape(shape: readonly number[], axes: readonly number[]): number[] {
  const rank = shape.length + axes.length;
  const places = new Set(axes.map((axis) => axisIn(axis, rank)));
  const rest = [...shape];
  return Array.from({ length: rank }, (_, axis) => (places.has(axis) ? 1 : rest.shift()!));
}

const expand: Fold = (_, inputs) => {
  const x = input(inputs, 0);
  const shape = broadcastShape([x.shape, smallNumbers(input(inputs, 1))]);
  return made(x.type, shape, spread(x, shape));
};

const folds: Readonly<Record<string, Fold>> = {
  ...arithmeticFolds,
  Identity: (_, inputs) => input(inputs, 0),
  Shape: (_, inputs) => made('int64', [input(inputs, 0).shape.length], input(inputs, 0).shape),
  Cast: cast,
  Reshape: (node, inputs) => {
    const x = input(inputs, 0);
    const target = listInput(node, inputs, 1, 'shape') ?? [];
    return reshaped(x, reshapeSizes(x.shape, target, numberAttribute(node, 'allowzero', 0) === 1));
  },
  Transpose: (node, inputs) => {
    const x = input(inputs, 0);
    const order = numbersAttribute(node, 'perm') ?? [...x.shape.keys()].toReversed();
    if (order.toSorted((a, b) => a - b).join() !== [...x.shape.keys()].join())
      throw new OnnxRefusal('it needs each axis once');
    // Weights can be large. They are computed when they are written.
    const type = x.type;
    const values = (): Numbers => {
      const moved = valuesOf(transposed(viewOf(x), order));
      return type === 'float32' ? Float32Array.from(moved) : moved;
    };
    return { type, shape: order.map((axis) => x.shape[axis]!), values };
  },
  Squeeze: (node, inputs) => {
    const x = input(inputs, 0);
    const axes = squeezedAxes(x.shape, listInput(node, inputs, 1, 'axes'));
    return reshaped(
      x,
      x.shape.filter((_, axis) => !axes.includes(axis)),
    );
  },
  Unsqueeze: unsqueeze,
  Concat: concat,
  Gather: gather,
  Slice: slice,
  Expand: expand,
  Range: range,
  ConstantOfShape: constantOfShape,
  ReduceProd: reduction((a, b) => a * b),
  ReduceSum: reduction((a, b) => a + b),
  ReduceMax: reduction(Math.max),
  ReduceMin: reduction(Math.min),
};
