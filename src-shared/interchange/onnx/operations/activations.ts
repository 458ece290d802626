import type { OnnxCall } from '../graph/call.ts';
import { perChannel, withLastAxis } from '../graph/call.ts';
import { numbersOf } from '../graph/constants.ts';
import type { Constant } from '../graph/constants.ts';
import { shapeOf } from '../graph/layer-value.ts';
import type { LayerValue } from '../graph/layer-value.ts';
import { numberAttribute, OnnxRefusal, textAttribute } from '../graph/onnx-model.ts';

/** Functions of each value. */

/** A number as formulas have it. */
const text = (value: number): string => (value < 0 ? `(${value})` : String(value));

/** Whether two numbers are the same in float32. */
const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.abs(b);

export function named(name: string, nonNegative = false) {
  return (call: OnnxCall): LayerValue => call.activation(name, nonNegative);
}

export function formula(formulaText: string, nonNegative = false) {
  return (call: OnnxCall): LayerValue => call.each(call.layer(0), 'Formula', { formula: formulaText }, nonNegative);
}

export function relu(call: OnnxCall): LayerValue {
  return call.activation('relu', true, 'ReLU', {});
}

export function leakyRelu(call: OnnxCall): LayerValue {
  const slope = numberAttribute(call.node, 'alpha', 0.01);
  if (slope < 0) return call.each(call.layer(0), 'Formula', { formula: `where(x < 0, ${text(slope)} * x, x)` });
  return call.each(call.layer(0), 'LeakyReLU', { negativeSlope: slope });
}

export function elu(call: OnnxCall): LayerValue {
  const alpha = numberAttribute(call.node, 'alpha', 1);
  if (alpha < 0) throw new OnnxRefusal(`it needs an alpha that is not negative; received ${alpha}`);
  return alpha === 1 ? call.activation('elu') : call.each(call.layer(0), 'ELU', { alpha });
}

export function selu(call: OnnxCall): LayerValue {
  const [alpha, gamma] = [
    numberAttribute(call.node, 'alpha', 1.67326319),
    numberAttribute(call.node, 'gamma', 1.05070102),
  ];
  if (isNear(alpha, 1.67326319) && isNear(gamma, 1.05070102)) return call.activation('selu');
  throw new OnnxRefusal(`it needs alpha 1.67326 and gamma 1.05070; received ${alpha} and ${gamma}`);
}

export function gelu(call: OnnxCall): LayerValue {
  return call.activation(textAttribute(call.node, 'approximate', 'none') === 'tanh' ? 'geluApproximate' : 'gelu');
}

export function hardSigmoid(call: OnnxCall): LayerValue {
  const [alpha, beta] = [numberAttribute(call.node, 'alpha', 0.2), numberAttribute(call.node, 'beta', 0.5)];
  if (isNear(alpha, 1 / 6) && beta === 0.5) return call.activation('hardSigmoid', true);
  return call.each(call.layer(0), 'Formula', { formula: `clip(${text(alpha)} * x + ${text(beta)}, 0, 1)` }, true);
}

export function swish(call: OnnxCall): LayerValue {
  const alpha = numberAttribute(call.node, 'alpha', 1);
  return alpha === 1 ? call.activation('silu') : formula(`x * sigmoid(${text(alpha)} * x)`)(call);
}

export function thresholdedRelu(call: OnnxCall): LayerValue {
  const threshold = numberAttribute(call.node, 'alpha', 1);
  if (threshold < 0) throw new OnnxRefusal(`it needs an alpha that is not negative; received ${threshold}`);
  return call.each(call.layer(0), 'ReLU', { threshold }, true);
}

/** Limits are attributes before operator set 11, inputs after. */
export function clip(call: OnnxCall): LayerValue {
  const limit = (index: number, name: string, none: number): number => {
    const constant = call.constant(index);
    const value = constant === null ? numberAttribute(call.node, name, none) : numbersOf(constant, 1)[0]!;
    return Math.abs(value) >= 3.4e38 ? Math.sign(value) * Infinity : value;
  };
  const [low, high] = [limit(1, 'min', -Infinity), limit(2, 'max', Infinity)];
  const value = call.layer(0);
  if (low === 0 && high === 6) return call.activation('relu6', true, 'ReLU', { maxValue: 6 });
  if (low === 0 && high === Infinity) return relu(call);
  if (low === 0 && high > 0) return call.each(value, 'ReLU', { maxValue: high }, true);
  if (low === -Infinity && high === Infinity) return value;
  const written =
    low === -Infinity
      ? `min(x, ${text(high)})`
      : high === Infinity
        ? `max(x, ${text(low)})`
        : `clip(x, ${text(low)}, ${text(high)})`;
  return call.each(value, 'Formula', { formula: written }, low >= 0);
}

export function softmax(call: OnnxCall): LayerValue {
  const { node, reading } = call;
  const value = call.layer(0);
  const axis = call.axis(numberAttribute(node, 'axis', reading.opset < 13 ? 1 : -1), value);
  // Before operator set 13 the axes from this one on are one.
  if (reading.opset < 13 && axis !== value.axes.length - 1) {
    throw new OnnxRefusal(`it is over ${value.axes.length - axis} axes at once`);
  }
  const own = value.axes[axis]!;
  const last = value.sizes.length - 1;
  if (own.length === 1 && own[0] === last && last > 0) return call.activation('softmax', true);
  if (own.length === 1 && own[0]! > 0) return call.each(value, 'Softmax', { axis: own[0]! }, true);
  return call.each(withLastAxis(call, value, axis), 'Activation', { activation: 'softmax' }, true);
}

export function logSoftmax(call: OnnxCall): LayerValue {
  const { node, reading } = call;
  const value = call.layer(0);
  const axis = call.axis(numberAttribute(node, 'axis', reading.opset < 13 ? 1 : -1), value);
  if (reading.opset < 13 && axis !== value.axes.length - 1) {
    throw new OnnxRefusal(`it is over ${value.axes.length - axis} axes at once`);
  }
  return call.each(withLastAxis(call, value, axis), 'Activation', { activation: 'logSoftmax' });
}

export function prelu(call: OnnxCall): LayerValue {
  const given = call.layer(0);
  const slopes = call.weights(1);
  const found = perChannel(slopes, shapeOf(given));
  if (found === null) {
    throw new OnnxRefusal(`it needs one slope, or one for each channel; received ${slopes.shape.join(' × ')}`);
  }
  const isOne = found.axis === null;
  const value = found.axis === null ? given : withLastAxis(call, given, found.axis);
  const last = value.sizes.length - 1;
  const shared = Array.from({ length: last }, (_, axis) => axis + 1).filter((axis) => isOne || axis !== last);
  const ones = new Array<number>(last - 1).fill(1);
  const alpha = {
    shape: [...ones, ...found.values.shape],
    terms: found.values.terms.map((term) => ({ ...term, offsets: [...ones.map(() => [0]), ...term.offsets] })),
  };
  const layer = call.draft.add('PReLU', { sharedAxes: shared }, [value.layer], undefined, { weights: { alpha } });
  return { ...value, layer, nonNegative: false };
}

/** A function of each value with a number, as x^2. Null: it has none for this number. */
export function withNumber(opType: string, constant: Constant, isFirst: boolean): string | null {
  const number = numbersOf(constant, 1)[0]!;
  const [a, b] = isFirst ? [text(number), 'x'] : ['x', text(number)];
  if (opType === 'Pow' && !isFirst && number === 2) return 'square(x)';
  if (opType === 'Pow' && !isFirst && number === 0.5) return 'sqrt(x)';
  const written: Readonly<Record<string, string>> = {
    Div: `${a} / ${b}`,
    Pow: `${a}^${b}`,
    Min: `min(${a}, ${b})`,
    Max: `max(${a}, ${b})`,
  };
  return written[opType] ?? null;
}
