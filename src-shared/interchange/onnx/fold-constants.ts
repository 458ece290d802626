import { allowedSize, made } from './constants.ts';
import { axisIn, numberAttribute, numbersAttribute, ONNX_TYPES, OnnxRefusal, sizeOf } from './onnx-model.ts';
import type { Numbers, OnnxNode, OnnxTensor, OnnxType } from './onnx-model.ts';
import { transposed, valuesOf, viewOf } from './weight-view.ts';

/** Computes an operation on constants. An input that is left out is null. @throws OnnxRefusal if it cannot. */
type Fold = (node: OnnxNode, inputs: readonly (OnnxTensor | null)[], opset: number) => OnnxTensor;

/** Operations on constants: those of shapes, of weights, and of small numbers. Null: it is none of them. */
export function foldOf(opType: string): Fold | null {
  return Object.hasOwn(folds, opType) ? folds[opType]! : null;
}

const input = (inputs: readonly (OnnxTensor | null)[], index: number): OnnxTensor => {
  const tensor = inputs[index] ?? null;
  if (tensor !== null) return tensor;
  throw new OnnxRefusal(`it needs an input ${index + 1}; received none`);
};

/** Numbers of an attribute that became an input in a later operator set. */
export function listInput(
  node: OnnxNode,
  inputs: readonly (OnnxTensor | null)[],
  index: number,
  attribute: string,
): readonly number[] | null {
  const tensor = inputs[index] ?? null;
  return tensor === null ? numbersAttribute(node, attribute) : smallNumbers(tensor);
}

function smallNumbers(tensor: OnnxTensor): number[] {
  if (sizeOf(tensor.shape) > 4096)
    throw new OnnxRefusal(`it needs a short list; received ${sizeOf(tensor.shape)} values`);
  return [...tensor.values()];
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

function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1);
    if (new Set(sizes).size <= 1) return sizes[0] ?? 1;
    throw new OnnxRefusal(
      `it needs shapes that broadcast; received ${shapes.map((shape) => shape.join(' × ')).join(' and ')}`,
    );
  });
}

/** Values of a tensor repeated to a shape. */
function spread(tensor: OnnxTensor, shape: readonly number[]): Numbers {
  allowedSize(shape);
  if (tensor.shape.join() === shape.join()) return tensor.values();
  const values = tensor.values();
  const result = new Float64Array(sizeOf(shape));
  const missing = shape.length - tensor.shape.length;
  for (let at = 0; at < result.length; at++) {
    let rest = at;
    let source = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % shape[axis]!;
      rest = (rest - index) / shape[axis]!;
      const own = tensor.shape[axis - missing];
      if (own === undefined) continue;
      if (own !== 1) source += index * stride;
      stride *= own;
    }
    result[at] = values[source]!;
  }
  return result;
}

function elementwise(compute: (values: number[]) => number, type?: OnnxType): Fold {
  return (_, inputs) => {
    const given = inputs.map((__, index) => input(inputs, index));
    const shape = broadcastShape(given.map((tensor) => tensor.shape));
    const count = allowedSize(shape);
    const values = given.map((tensor) => spread(tensor, shape));
    const result = Float64Array.from({ length: count }, (__, at) => compute(values.map((each) => each[at]!)));
    return made(type ?? given.at(-1)!.type, shape, result);
  };
}

const isInteger = (type: OnnxType): boolean => /^u?int/.test(type);

const divide: Fold = (node, inputs, opset) => {
  const whole = isInteger(input(inputs, 0).type);
  return elementwise(([a, b]) => (whole ? Math.trunc(a! / b!) : a! / b!))(node, inputs, opset);
};

/** The remainder has the divisor's sign, or with `fmod` the dividend's. */
const modulo: Fold = (node, inputs, opset) => {
  const hasSignOfDividend = numberAttribute(node, 'fmod', 0) === 1;
  return elementwise(([a, b]) => (hasSignOfDividend ? a! % b! : a! - b! * Math.floor(a! / b!)))(node, inputs, opset);
};

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

/** Values of a quantized constant: (x - zero point) · scale, for the whole tensor or along an axis. */
const dequantize: Fold = (node, inputs) => {
  const [x, scale, zero] = [input(inputs, 0), input(inputs, 1), inputs[2] ?? null];
  const axis =
    scale.shape.length === 0 || sizeOf(scale.shape) === 1
      ? null
      : axisIn(numberAttribute(node, 'axis', 1), x.shape.length);
  if (numberAttribute(node, 'block_size', 0) !== 0) throw new OnnxRefusal('it has blocks of scales');
  const along = (tensor: OnnxTensor): OnnxTensor =>
    reshaped(tensor, axis === null ? [] : x.shape.map((size, index) => (index === axis ? size : 1)));
  const parts = [x, along(scale), ...(zero === null ? [] : [along(zero)])];
  return elementwise(([value, factor, origin = 0]) => Math.fround((value! - origin) * factor!), 'float32')(
    node,
    parts,
    13,
  );
};

const folds: Readonly<Record<string, Fold>> = {
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
    allowedSize(x.shape);
    const type = x.type;
    const values = (): Numbers => {
      const moved = gathered(x, order);
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
  DequantizeLinear: dequantize,
  Add: elementwise(([a, b]) => a! + b!),
  Sub: elementwise(([a, b]) => a! - b!),
  Mul: elementwise(([a, b]) => a! * b!),
  Div: divide,
  Mod: modulo,
  Pow: elementwise(([a, b]) => a! ** b!),
  Min: elementwise((values) => Math.min(...values)),
  Max: elementwise((values) => Math.max(...values)),
  Neg: elementwise(([a]) => -a!),
  Abs: elementwise(([a]) => Math.abs(a!)),
  Sqrt: elementwise(([a]) => Math.sqrt(a!)),
  Reciprocal: elementwise(([a]) => 1 / a!),
  Exp: elementwise(([a]) => Math.exp(a!)),
  Floor: elementwise(([a]) => Math.floor(a!)),
  Ceil: elementwise(([a]) => Math.ceil(a!)),
  Equal: elementwise(([a, b]) => Number(a === b), 'bool'),
  Less: elementwise(([a, b]) => Number(a! < b!), 'bool'),
  Greater: elementwise(([a, b]) => Number(a! > b!), 'bool'),
  Not: elementwise(([a]) => Number(a === 0), 'bool'),
  And: elementwise(([a, b]) => Number(a !== 0 && b !== 0), 'bool'),
  Or: elementwise(([a, b]) => Number(a !== 0 || b !== 0), 'bool'),
  Where: elementwise(([condition, a, b]) => (condition !== 0 ? a! : b!)),
  ReduceProd: reduction((a, b) => a * b),
  ReduceSum: reduction((a, b) => a + b),
  ReduceMax: reduction(Math.max),
  ReduceMin: reduction(Math.min),
};
