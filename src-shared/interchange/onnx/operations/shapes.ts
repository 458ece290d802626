import type { OnnxCall } from '../graph/call.ts';
import { made, numbersOf, tensorOfConstant } from '../graph/constants.ts';
import type { Constant } from '../graph/constants.ts';
import { reshapeSizes, slicesOf, squeezedAxes, unsqueezedShape } from '../graph/fold-constants.ts';
import { inOrder, shapeIn, shapeOf } from '../graph/layer-value.ts';
import type { LayerValue, Size } from '../graph/layer-value.ts';
import { numberAttribute, numbersAttribute, ONNX_TYPES, OnnxRefusal } from '../graph/onnx-model.ts';
import { images, zeroPadded } from './windows.ts';

/** Operations that rearrange values. Most of them change only how the axes of a layer are read. */

export function transpose(call: OnnxCall): LayerValue {
  const value = call.anyLayer(0);
  const order = numbersAttribute(call.node, 'perm') ?? [...value.axes.keys()].toReversed();
  if (order.toSorted((a, b) => a - b).join() !== [...value.axes.keys()].join()) {
    throw new OnnxRefusal(`it needs each of ${value.axes.length} axes once; received ${order.join(', ')}`);
  }
  return { ...value, axes: order.map((axis) => value.axes[axis]!) };
}

export function flatten(call: OnnxCall): LayerValue {
  const value = call.anyLayer(0);
  const rank = value.axes.length;
  const given = numberAttribute(call.node, 'axis', 1);
  const axis = given === rank ? rank : call.axis(given, value);
  return { ...value, axes: [value.axes.slice(0, axis).flat(), value.axes.slice(axis).flat()] };
}

export function squeeze(call: OnnxCall): LayerValue {
  const value = call.anyLayer(0);
  const given = call.constant(1);
  const axes = squeezedAxes(shapeOf(value), given === null ? numbersAttribute(call.node, 'axes') : numbersOf(given));
  return { ...value, axes: value.axes.filter((_, axis) => !axes.includes(axis)) };
}

export function unsqueeze(call: OnnxCall): LayerValue {
  const value = call.anyLayer(0);
  const given = call.constant(1);
  const axes = given === null ? numbersAttribute(call.node, 'axes') : numbersOf(given);
  // Places of the old axes are their index + 2, those of new ones 1.
  const places = unsqueezedShape(
    value.axes.map((_, axis) => axis + 2),
    axes ?? [],
  );
  return { ...value, axes: places.map((place) => (place === 1 ? [] : value.axes[place - 2]!)) };
}

export function reshape(call: OnnxCall): LayerValue {
  const value = call.anyLayer(0);
  const given = call.constant(1);
  const keepsZeros = numberAttribute(call.node, 'allowzero', 0) === 1;
  const shapes = call.reading.batches.map((batch, index) => {
    const target = given === null ? numbersAttribute(call.node, 'shape') : [...given.forBatches[index]!.values()];
    if (target === null) throw new OnnxRefusal('it needs a shape; received none');
    return reshapeSizes(shapeIn(value, batch), target, keepsZeros);
  });
  return regrouped(call, value, sizesWithBatch(call, value, shapes));
}

/** A size of the new shape: a number, or the number of examples times a number. */
interface NewSize {
  readonly batch: boolean;
  readonly size: number;
}

function sizesWithBatch(call: OnnxCall, value: LayerValue, [first, second]: number[][]): NewSize[] {
  const [a, b] = call.reading.batches;
  if (a === b) {
    // The file has a fixed number of examples: they stay on the axis that they begin on.
    if (value.axes[0]![0] !== 0 || first![0]! % a !== 0) throw new OnnxRefusal('it moves the examples to another axis');
    return first!.map((size, axis) => (axis === 0 ? { batch: true, size: size / a } : { batch: false, size }));
  }
  return first!.map((size, axis) => {
    if (size === second![axis]) return { batch: false, size };
    if (size % a === 0 && size / a === second![axis]! / b) return { batch: true, size: size / a };
    throw new OnnxRefusal('its shape depends on the number of examples in another way');
  });
}

/** Reads the axes of a layer as other ones; splits an axis of the layer where it must. */
function regrouped(call: OnnxCall, value: LayerValue, target: readonly NewSize[]): LayerValue {
  const left = value.axes
    .flat()
    .filter((axis) => value.sizes[axis] !== 1)
    .map((axis) => ({ axis, size: value.sizes[axis]! }));
  const pieces = value.sizes.map((): Size[] => []);
  const lists = target.map((wanted): (readonly [number, number])[] => {
    let size = wanted.size;
    let needsBatch = wanted.batch;
    const list: (readonly [number, number])[] = [];
    while (size > 1 || needsBatch) {
      const next = left[0];
      if (next === undefined) throw new OnnxRefusal('it needs other sizes');
      const taken = takeSize(next, size, needsBatch);
      list.push([next.axis, pieces[next.axis]!.length]);
      pieces[next.axis]!.push(taken);
      if (taken === null) needsBatch = false;
      else size /= taken;
      if (next.size === taken) left.shift();
      else next.size /= taken!;
    }
    return list;
  });
  const own = value.sizes.map((size, axis) => (pieces[axis]!.length === 0 ? [size] : pieces[axis]!));
  const starts = own.map((_, axis) => own.slice(0, axis).flat().length);
  const axes = lists.map((list) => list.map(([axis, piece]) => starts[axis]! + piece));
  const sizes = own.flat();
  if (sizes.length === value.sizes.length) return { ...value, axes };
  if (sizes.length > 5) throw new OnnxRefusal(`it needs ${sizes.length - 1} axes; Lamina rearranges at most 4`);
  const layer = call.draft.add('Reshape', { targetShape: sizes.slice(1).map((size) => size!) }, [value.layer]);
  return { ...value, layer, sizes, axes, origin: null };
}

/** What an axis gives to a size. */
function takeSize({ size: own }: { size: Size }, wanted: number, needsBatch: boolean): Size {
  if (own === null) {
    if (needsBatch) return null;
    throw new OnnxRefusal('it joins examples in another order');
  }
  if (wanted % own === 0) return own;
  if (own % wanted === 0 && wanted > 1) return wanted;
  throw new OnnxRefusal('it splits and joins axes in a way that needs other sizes');
}

export function expand(call: OnnxCall): LayerValue {
  const value = call.anyLayer(0);
  const given = call.constant(1);
  const isSame = call.reading.batches.every((batch, index) => {
    const shape = shapeIn(value, batch);
    const target = given === null ? [] : [...given.forBatches[index]!.values()];
    return (
      target.length <= shape.length &&
      target.every((size, axis) => size === 1 || size === shape[axis + shape.length - target.length])
    );
  });
  if (isSame) return value;
  throw new OnnxRefusal('it repeats values');
}

/** The shape of a value as a constant. */
export function shape(call: OnnxCall): Constant {
  const value = call.anyLayer(0);
  const rank = value.axes.length;
  const bound = (given: number): number => Math.min(rank, Math.max(0, given < 0 ? given + rank : given));
  const start = bound(numberAttribute(call.node, 'start', 0));
  const end = bound(numberAttribute(call.node, 'end', rank));
  const tensor = (batch: number) => {
    const sizes = shapeIn(value, batch).slice(start, end);
    return made('int64', [sizes.length], sizes);
  };
  const [a, b] = call.reading.batches;
  const first = tensor(a);
  const forBatches = [first, a === b ? first : tensor(b)] as const;
  return { forBatches, names: new Set(), initializers: new Set() };
}

export function cast(call: OnnxCall): LayerValue {
  const value = call.anyLayer(0);
  const type = ONNX_TYPES[numberAttribute(call.node, 'to', 0)];
  if (type === undefined || type === 'bool') throw new OnnxRefusal(`it casts to ${type ?? 'a type without numbers'}`);
  const isInteger = /^u?int/.test(type);
  if (!isInteger) {
    if (value.type === 'rounded') throw new OnnxRefusal('it rounds numbers to integers');
    return { ...value, type: 'float' };
  }
  if (value.type !== 'float') return value;
  return { ...value, type: 'rounded' };
}

/** Zeros around the axes of images; other values and modes are refused. */
export function pad(call: OnnxCall): LayerValue {
  const { node } = call;
  const value = call.layer(0);
  const mode = call.node.attributes.get('mode') ?? 'constant';
  const given = call.constant(1);
  const pads =
    given === null ? (numbersAttribute(node, 'pads') ?? numbersAttribute(node, 'paddings')) : numbersOf(given);
  if (pads === null) throw new OnnxRefusal('it needs pads; received none');
  const filler = call.constant(2);
  const number = filler === null ? numberAttribute(node, 'value', 0) : (numbersOf(filler, 1)[0] ?? 0);
  const rank = value.axes.length;
  const chosen = call.constant(3);
  const axes = chosen === null ? [...value.axes.keys()] : numbersOf(chosen).map((axis) => call.axis(axis, value));
  const sides = Array.from({ length: rank }, (_, axis): [number, number] => {
    const place = axes.indexOf(axis);
    return place < 0 ? [0, 0] : [pads[place]!, pads[place + axes.length]!];
  });
  if (sides.flat().every((size) => size === 0)) return value;
  if (mode !== 'constant' || number !== 0)
    throw new OnnxRefusal(`it pads with ${mode === 'constant' ? number : String(mode)}`);
  if (sides.flat().some((size) => !(size >= 0)))
    throw new OnnxRefusal(`it needs pads that are not negative; received ${pads.join(', ')}`);
  if (
    sides
      .slice(0, 2)
      .flat()
      .every((size) => size === 0)
  )
    return zeroPadded(call, images(call), sides.slice(2));
  if (rank < 3 || rank > 5 || sides[0]!.join() !== '0,0' || sides.at(-1)!.join() !== '0,0')
    throw new OnnxRefusal('it pads channels or examples');
  // Channels are last in the file.
  return zeroPadded(call, call.arranged(value, inOrder(value, [...value.axes.keys()])), sides.slice(1, -1));
}

/** Part of an axis. @param keeps Whether the axis stays, for a part of size 1. */
export function part(
  call: OnnxCall,
  value: LayerValue,
  axis: number,
  start: number,
  count: number,
  keeps = true,
): LayerValue {
  const shapeNow = shapeOf(value);
  const size = shapeNow[axis]!;
  if (size === -1) throw new OnnxRefusal('it takes a part of the examples');
  if (count < 1 || start < 0 || start + count > size)
    throw new OnnxRefusal(`it takes ${count} of ${size} values from ${start}`);
  const without = (from: LayerValue): LayerValue =>
    keeps ? from : { ...from, axes: from.axes.filter((_, each) => each !== axis) };
  if (count === size) return without(value);
  const last = start === size - 1 ? lastStep(call, value, axis) : null;
  if (last !== null) return without(last);
  const source = alongWindows(call, value, axis);
  const own = source.axes[axis]![0]!;
  const axes = source.sizes.length - 2;
  const cropping = Array.from({ length: axes }, (_, each) =>
    each === own - 1 ? [start, size - start - count] : [0, 0],
  );
  const layer = call.draft.add(`Cropping${axes}D`, { cropping: cropping.flat() }, [source.layer]);
  return without({ ...source, layer, sizes: source.sizes.with(own, count), origin: null });
}

/** The last step of a recurrent layer whose other steps nothing uses: the layer gives that one only. */
function lastStep(call: OnnxCall, value: LayerValue, axis: number): LayerValue | null {
  const { layer, sizes } = value;
  const isSteps = value.axes[axis]!.join() === '1' && layer.params['returnSequences'] === true;
  if (!isSteps || !call.draft.isOnlyChain(layer)) return null;
  delete layer.params['returnSequences'];
  layer.outputs.clear();
  const axes = value.axes.map((list, each) => (each === axis ? [] : list.map((own) => (own > 1 ? own - 1 : own))));
  return { ...value, sizes: [null, ...sizes.slice(2)], axes };
}

/** A value with this axis where Cropping can take a part of it: neither first nor last. */
function alongWindows(call: OnnxCall, value: LayerValue, axis: number): LayerValue {
  const [own] = value.axes[axis]!;
  const isBetween =
    value.axes[axis]!.length === 1 && own! > 0 && own! < value.sizes.length - 1 && value.sizes.length <= 5;
  if (isBetween) return value;
  const shapeNow = shapeOf(value);
  const batch = shapeNow.indexOf(-1);
  const others = [...shapeNow.keys()].filter((each) => each !== batch && each !== axis);
  const order = [batch, axis, ...others];
  const sizes = order.map((each) => (each === batch ? null : shapeNow[each]!));
  const target = {
    sizes: others.length === 0 ? [...sizes, 1] : sizes,
    axes: shapeNow.map((_, each) => [order.indexOf(each)]),
  };
  return call.arranged(value, target);
}

export function slice(call: OnnxCall): LayerValue {
  const value = call.layer(0);
  const inputs = call.operands.map((_, index) => {
    const constant = index === 0 ? null : call.constant(index);
    return constant === null ? null : tensorOfConstant(constant);
  });
  // A slice of all examples has their number as its end.
  const shapeNow = shapeIn(value, call.reading.batches[0]);
  return slicesOf(call.node, inputs, shapeNow).reduce((from, { axis, start, step, count }) => {
    if (start === 0 && step === 1 && count === shapeNow[axis]) return from;
    if (step !== 1) throw new OnnxRefusal(`it takes each ${step}th value`);
    return part(call, from, axis, start, count);
  }, value);
}

export function splitParts(call: OnnxCall): LayerValue[] {
  const { node } = call;
  const value = call.layer(0);
  const axis = call.axis(numberAttribute(node, 'axis', 0), value);
  const size = shapeOf(value)[axis]!;
  const given = call.constant(1);
  const listed = given === null ? numbersAttribute(node, 'split') : numbersOf(given);
  const each = Math.ceil(size / node.outputs.length);
  const sizes = listed ?? node.outputs.map((_, index) => Math.min(each, size - index * each));
  let start = 0;
  return sizes.map((count) => {
    const taken = part(call, value, axis, start, count);
    start += count;
    return taken;
  });
}
