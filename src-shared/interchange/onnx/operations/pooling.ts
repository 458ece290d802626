import { numbersOf } from '../graph/constants.ts';
import { withLastAxis } from '../graph/call.ts';
import type { OnnxCall } from '../graph/call.ts';
import { shapeOf } from '../graph/layer-value.ts';
import type { LayerValue } from '../graph/layer-value.ts';
import { numberAttribute, numbersAttribute, OnnxRefusal } from '../graph/onnx-model.ts';
import {
  ceilMode,
  extentOf,
  images,
  outputSizes,
  paddingName,
  samePadding,
  sizesParameter,
  spatial,
  windowsOf,
  withSpatial,
  zeroPadded,
} from './windows.ts';
import type { Windows } from './windows.ts';

export function maxPool(call: OnnxCall): LayerValue {
  return pool(call, 'MaxPooling');
}

export function averagePool(call: OnnxCall): LayerValue {
  return pool(call, 'AveragePooling');
}

function pool(call: OnnxCall, kind: 'MaxPooling' | 'AveragePooling'): LayerValue {
  const { node } = call;
  const value = images(call);
  const windows = windowsOf(node, value.axes.length, null);
  if (windows.dilations.some((size) => size !== 1)) throw new OnnxRefusal('it has dilations');
  if ((node.outputs[1] ?? '') !== '' && (call.reading.consumers.get(node.outputs[1]!) ?? 0) > 0) {
    throw new OnnxRefusal('its indices are used');
  }
  const sizes = spatial(value);
  const given = windows.pads ?? sizes.map((size, axis) => samePadding(windows, axis, size));
  const whole = ceilMode(node);
  const result = outputSizes(windows, sizes, given, whole);
  const pads = whole ? reaching(windows, sizes, given, result) : given;
  const countsPads = kind === 'AveragePooling' && numberAttribute(node, 'count_include_pad', 0) === 1;
  if (countsPads && pads.join() !== given.join())
    throw new OnnxRefusal('its last windows reach over the end (ceil_mode)');
  const name = countsPads && !isValid(pads) ? null : paddingName(windows, sizes, pads);
  const hasZeros = name === null && (countsPads || (kind === 'MaxPooling' && value.nonNegative));
  if (name === null && !hasZeros) {
    throw new OnnxRefusal(
      `its pads ${pads.flat().join(', ')} are neither 0 nor those of Same${kind === 'MaxPooling' ? ', and values below 0 can come in' : ', and do not count'}`,
    );
  }
  const source = hasZeros ? zeroPadded(call, value, pads) : value;
  const params = {
    poolSize: sizesParameter(windows.kernel),
    strides: sizesParameter(windows.strides),
    padding: name ?? 'valid',
  };
  const layer = call.draft.add(`${kind}${windows.axes}D`, params, [source.layer]);
  return withSpatial(source, layer, result);
}

const isValid = (pads: readonly (readonly [number, number])[]): boolean =>
  pads.every(([before, after]) => before === 0 && after === 0);

/** Pads so that the last window ends where they do. */
function reaching(
  windows: Windows,
  sizes: readonly number[],
  pads: readonly (readonly [number, number])[],
  result: readonly number[],
): (readonly [number, number])[] {
  return pads.map(([before, after], axis) => {
    const end = (result[axis]! - 1) * windows.strides[axis]! + extentOf(windows, axis);
    return [before, Math.max(after, end - sizes[axis]! - before)] as const;
  });
}

export function globalPool(kind: 'GlobalAveragePooling' | 'GlobalMaxPooling') {
  return (call: OnnxCall): LayerValue => {
    const axes = call.layer(0).axes.length - 2;
    return pooledOver(
      call,
      kind,
      Array.from({ length: axes }, (_, axis) => axis + 2),
      true,
    );
  };
}

/** ReduceMean and ReduceMax over all axes but the channels are global poolings; over one axis a Formula. */
export function reduction(kind: 'GlobalAveragePooling' | 'GlobalMaxPooling' | 'ReduceMin' | 'ReduceSum') {
  return (call: OnnxCall): LayerValue => {
    const { node } = call;
    const value = call.layer(0);
    const given = call.constant(1);
    const axes = given === null ? numbersAttribute(node, 'axes') : numbersOf(given);
    const isNone = axes === null || axes.length === 0;
    if (isNone && numberAttribute(node, 'noop_with_empty_axes', 0) === 1) return value;
    if (isNone) throw new OnnxRefusal('it reduces all axes, the examples too');
    const chosen = axes.map((axis) => call.axis(axis, value));
    return pooledOver(call, kind, chosen, numberAttribute(node, 'keepdims', 1) === 1);
  };
}

function pooledOver(call: OnnxCall, kind: string, axes: readonly number[], keeps: boolean): LayerValue {
  const value = call.layer(0);
  const shape = shapeOf(value);
  if (axes.some((axis) => shape[axis] === -1)) throw new OnnxRefusal('it reduces over the examples');
  const rest = [...shape.keys()].filter((axis) => !axes.includes(axis) && shape[axis] !== 1 && shape[axis] !== -1);
  const reduced = axes.filter((axis) => shape[axis] !== 1);
  const kept = (from: LayerValue): LayerValue => {
    const lists = from.axes.map((list, axis) => (axes.includes(axis) ? [] : list));
    return { ...from, axes: keeps ? lists : lists.filter((_, axis) => !axes.includes(axis)) };
  };
  const isPooling = kind === 'GlobalAveragePooling' || kind === 'GlobalMaxPooling';
  // A mean over axes of size 1 is the value.
  if (reduced.length === 0) return kept(call.arranged(value, withoutUnits(value, axes)));
  if (!isPooling || rest.length > 1) {
    if (reduced.length > 1) throw new OnnxRefusal(`it reduces ${reduced.length} axes and leaves ${rest.length}`);
    return kept(alongLast(call, value, reduced[0]!, FORMULAS[kind]!));
  }
  if (reduced.length > 3) throw new OnnxRefusal(`it reduces ${reduced.length} axes`);
  const batch = shape.indexOf(-1);
  const places = shape.map((_, axis) => (axis === batch ? [0] : rest.includes(axis) ? [1] : []));
  const pooled = (source: LayerValue, count: number): LayerValue => {
    const layer = call.draft.add(`${kind}${count}D`, {}, [source.layer]);
    const channels = rest.length === 0 ? 1 : shape[rest[0]!]!;
    return kept({ ...source, layer, sizes: [null, channels], axes: places, origin: null });
  };
  const over = reduced.flatMap((axis) => value.axes[axis]!).toSorted((a, b) => a - b);
  const last = over.length + 1;
  const isAround = over.every((axis, index) => axis === index + 1) && value.sizes.length === last + 1;
  if (isAround && over.length <= 3 && (rest.length === 0 || value.axes[rest[0]!]!.join() === String(last))) {
    return pooled(value, over.length);
  }
  const order = [batch, ...reduced, ...rest];
  const sizes = order.map((axis) => (axis === batch ? null : shape[axis]!));
  const channels = rest.length === 0 ? [1] : [];
  const source = call.arranged(value, {
    sizes: [...sizes, ...channels],
    axes: shape.map((_, axis) => (order.includes(axis) ? [order.indexOf(axis)] : [])),
  });
  return pooled(source, reduced.length);
}

/** Formulas of one number along the last axis. */
const FORMULAS: Readonly<Record<string, string>> = {
  GlobalAveragePooling: 'mean(x)',
  GlobalMaxPooling: 'max(x)',
  ReduceMin: 'min(x)',
  ReduceSum: 'sum(x)',
};

/** One number along an axis, which has size 1 then. */
function alongLast(call: OnnxCall, given: LayerValue, axis: number, formula: string): LayerValue {
  const value = withLastAxis(call, given, axis);
  const layer = call.draft.add('Formula', { formula }, [value.layer]);
  return { ...value, layer, sizes: value.sizes.with(-1, 1), nonNegative: value.nonNegative, origin: null };
}

/** An arrangement in which these axes of size 1 are not axes of the layer. */
function withoutUnits(value: LayerValue, axes: readonly number[]): Pick<LayerValue, 'sizes' | 'axes'> {
  const shape = shapeOf(value);
  const order = [shape.indexOf(-1), ...[...shape.keys()].filter((axis) => shape[axis] !== -1 && !axes.includes(axis))];
  return {
    sizes: order.map((axis) => (shape[axis] === -1 ? null : shape[axis]!)),
    axes: shape.map((_, axis) => (order.includes(axis) ? [order.indexOf(axis)] : [])),
  };
}
