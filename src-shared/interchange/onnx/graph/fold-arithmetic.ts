import { allowedSize, input, made } from './constants.ts';
import type { Fold } from './constants.ts';
import { axisIn, INTEGER_RANGES, numberAttribute, ONNX_TYPES, OnnxRefusal, sizeOf } from './onnx-model.ts';
import type { Numbers, OnnxTensor, OnnxType } from './onnx-model.ts';

// Arithmetic of constants, with NumPy's broadcasting.

export function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
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
export function spread(tensor: OnnxTensor, shape: readonly number[]): Numbers {
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

export const isInteger = (type: OnnxType): boolean => /^u?int/.test(type);

const divide: Fold = (node, inputs, opset) => {
  const whole = isInteger(input(inputs, 0).type);
  return elementwise(([a, b]) => (whole ? Math.trunc(a! / b!) : a! / b!))(node, inputs, opset);
};

/** The remainder has the divisor's sign, or with `fmod` the dividend's. */
const modulo: Fold = (node, inputs, opset) => {
  const hasSignOfDividend = numberAttribute(node, 'fmod', 0) === 1;
  return elementwise(([a, b]) => (hasSignOfDividend ? a! % b! : a! - b! * Math.floor(a! / b!)))(node, inputs, opset);
};

/** A constant with its scale and zero point, for the whole tensor or along an axis, so that these broadcast. */
function scaledParts(node: Parameters<Fold>[0], inputs: readonly (OnnxTensor | null)[]): OnnxTensor[] {
  const [x, scale, zero] = [input(inputs, 0), input(inputs, 1), inputs[2] ?? null];
  if (numberAttribute(node, 'block_size', 0) !== 0) throw new OnnxRefusal('it has blocks of scales');
  const along = (tensor: OnnxTensor): OnnxTensor => {
    if (sizeOf(tensor.shape) === 1) return { ...tensor, shape: [] };
    const axis = axisIn(numberAttribute(node, 'axis', 1), x.shape.length);
    if (tensor.shape.length === 1 && tensor.shape[0] === x.shape[axis]) {
      return { ...tensor, shape: x.shape.map((size, index) => (index === axis ? size : 1)) };
    }
    throw new OnnxRefusal(
      `it needs ${x.shape[axis]} scales for axis ${axis}; received those of the shape ${tensor.shape.join(' × ')}`,
    );
  };
  return [x, along(scale), ...(zero === null ? [] : [along(zero)])];
}

/** Values of a quantized constant: (x - zero point) · scale. */
const dequantize: Fold = (node, inputs) => {
  const compute = ([value, factor, origin = 0]: number[]): number => Math.fround((value! - origin) * factor!);
  return elementwise(compute, 'float32')(node, scaledParts(node, inputs), 13);
};

/** The even one of two whole numbers that are equally near. */
const roundToEven = (value: number): number => {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
};

/** Whole numbers of a constant: x / scale, rounded, + zero point, in the range of the zero point's type. */
const quantize: Fold = (node, inputs) => {
  const type = inputs[2]?.type ?? ONNX_TYPES[numberAttribute(node, 'output_dtype', 0)] ?? 'uint8';
  const range = INTEGER_RANGES[type];
  if (range === undefined) throw new OnnxRefusal(`it quantizes to ${type}`);
  const compute = ([value, factor, origin = 0]: number[]): number =>
    Math.min(range[1], Math.max(range[0], roundToEven(Math.fround(value! / factor!)) + origin));
  return elementwise(compute, type)(node, scaledParts(node, inputs), 13);
};

export const arithmeticFolds: Readonly<Record<string, Fold>> = {
  DequantizeLinear: dequantize,
  QuantizeLinear: quantize,
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
};
