import type { JsonValue } from '../../../document/schema/model-document.ts';
import type { OnnxCall } from '../graph/call.ts';
import type { LayerValue } from '../graph/layer-value.ts';
import { numberAttribute, numbersAttribute, OnnxRefusal, textAttribute } from '../graph/onnx-model.ts';
import { split, transposed } from '../graph/weight-view.ts';
import type { WeightView } from '../graph/weight-view.ts';
import {
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

/** Convolutions. Kernels of the file have the filters first, those of layers last. */

export function conv(call: OnnxCall): LayerValue {
  const given = images(call);
  const weights = call.weights(1);
  const windows = windowsOf(call.node, given.axes.length, weights.shape.slice(2));
  const { value, padding } = padded(call, given, windows);
  const groups = numberAttribute(call.node, 'group', 1);
  const [filters, depth] = weights.shape;
  const channels = value.sizes.at(-1)!;
  if (depth! * groups !== channels || filters! % groups !== 0) {
    throw new OnnxRefusal(
      `it needs weights of ${channels} channels in ${groups} groups; received ${weights.shape.join(' × ')}`,
    );
  }
  requireOneOfBoth(windows);
  const axes = windows.kernel.map((_, axis) => axis + 2);
  const isDepthwise = groups === channels && groups > 1 && windows.axes < 3;
  const kernel = isDepthwise ? depthwiseKernel(weights, channels, windows) : transposed(weights, [...axes, 1, 0]);
  const params = {
    ...(isDepthwise
      ? { depthMultiplier: filters! / groups }
      : { filters: filters!, ...(groups === 1 ? {} : { groups }) }),
    ...windowParameters(windows, padding),
  };
  const kind = `${isDepthwise ? 'Depthwise' : ''}Conv${windows.axes}D`;
  const sizes = outputSizes(windows, spatial(value), padsFor(windows, value, padding));
  const layer = withBias(call, kind, params, value, kernel, filters!);
  return { ...withSpatial(value, layer, sizes, filters), nonNegative: false };
}

/** [channels · multiplier, 1, …] as [..., channels, multiplier]. */
function depthwiseKernel(weights: WeightView, channels: number, { axes }: Windows): WeightView {
  const grouped = split(weights, 0, [channels, weights.shape[0]! / channels]);
  const order = Array.from({ length: axes }, (_, axis) => axis + 3);
  // Axis 2 is the channel that each group has.
  const kernel = transposed(grouped, [...order, 0, 1, 2]);
  return {
    shape: kernel.shape.slice(0, -1),
    terms: kernel.terms.map((term) => ({ ...term, offsets: term.offsets.slice(0, -1) })),
  };
}

function withBias(
  call: OnnxCall,
  kind: string,
  params: Record<string, JsonValue>,
  value: LayerValue,
  kernel: WeightView,
  filters: number,
): LayerValue['layer'] {
  const bias = call.optionalWeights(2);
  if (bias !== null && bias.shape.join() !== String(filters)) {
    throw new OnnxRefusal(`it needs a bias of ${filters}; received ${bias.shape.join(' × ')}`);
  }
  const weights = { kernel, ...(bias === null ? {} : { bias }) };
  const all = { ...params, ...(bias === null ? { useBias: false } : {}) };
  return call.draft.addShared(kind, all, [value.layer], weights, call.identity(1, 2));
}

function windowParameters({ kernel, strides, dilations }: Windows, padding: string): Record<string, JsonValue> {
  const isOne = (sizes: readonly number[]): boolean => sizes.every((size) => size === 1);
  return {
    kernelSize: sizesParameter(kernel),
    padding,
    ...(isOne(strides) ? {} : { strides: sizesParameter(strides) }),
    ...(isOne(dilations) ? {} : { dilationRate: sizesParameter(dilations) }),
  };
}

/** Pads of a layer with this padding. */
function padsFor(windows: Windows, value: LayerValue, padding: string): (readonly [number, number])[] {
  return spatial(value).map((size, axis) => (padding === 'same' ? samePadding(windows, axis, size) : [0, 0]));
}

/** The padding as the layer's 'same' where that is equal, else as zeros around its input. A Pad before it is included. */
function padded(call: OnnxCall, given: LayerValue, windows: Windows): { value: LayerValue; padding: 'same' | 'valid' } {
  if (windows.pads === null) return { value: given, padding: 'same' };
  const outer =
    given.layer === call.layer(0).layer && /^ZeroPadding/.test(given.layer.kind) ? call.changeable(0) : null;
  if (outer !== null) {
    const before = outer.params['padding'] as number[];
    const inner = spatial(given).map((size, axis) => size - before[2 * axis]! - before[2 * axis + 1]!);
    const pads = windows.pads.map(
      ([start, end], axis) => [start + before[2 * axis]!, end + before[2 * axis + 1]!] as const,
    );
    const source = withSpatial(given, outer.from[0]!, inner);
    const name = paddingName(windows, inner, pads);
    return name === null
      ? { value: zeroPadded(call, source, pads), padding: 'valid' }
      : { value: source, padding: name };
  }
  const name = paddingName(windows, spatial(given), windows.pads);
  return name === null
    ? { value: zeroPadded(call, given, windows.pads), padding: 'valid' }
    : { value: given, padding: name };
}

function requireOneOfBoth({ strides, dilations }: Windows): void {
  if (Math.max(...strides) === 1 || Math.max(...dilations) === 1) return;
  throw new OnnxRefusal(
    `it needs strides or dilations of 1; received ${strides.join(' × ')} and ${dilations.join(' × ')}`,
  );
}

export function convTranspose(call: OnnxCall): LayerValue {
  const { node } = call;
  const value = images(call);
  const weights = call.weights(1);
  const windows = windowsOf(node, value.axes.length, weights.shape.slice(2));
  if (
    windows.pads === null ||
    textAttribute(node, 'auto_pad', 'NOTSET') !== 'NOTSET' ||
    node.attributes.has('output_shape')
  ) {
    throw new OnnxRefusal('it needs explicit pads; received auto_pad or output_shape');
  }
  if (numberAttribute(node, 'group', 1) !== 1) throw new OnnxRefusal('it has groups');
  requireOneOfBoth(windows);
  const [channels, filters] = weights.shape;
  if (channels !== value.sizes.at(-1)) {
    throw new OnnxRefusal(`it needs weights of ${String(value.sizes.at(-1))} channels; received ${channels}`);
  }
  const added = numbersAttribute(node, 'output_padding') ?? windows.kernel.map(() => 0);
  const { params, sizes, cropped } = transposedSizes(windows, windows.pads, spatial(value), added);
  const kernel = transposed(weights, [...windows.kernel.map((_, axis) => axis + 2), 1, 0]);
  const kind = `Conv${windows.axes}DTranspose`;
  const all = { filters: filters!, ...windowParameters(windows, params.padding), ...params };
  const layer = withBias(call, kind, all, value, kernel, filters!);
  const result = { ...withSpatial(value, layer, sizes, filters), nonNegative: false };
  if (cropped === null) return result;
  const crop = call.draft.add(
    `Cropping${windows.axes}D`,
    { cropping: cropped.flat() },
    [layer],
    call.draft.nameBeside('Cropping'),
  );
  return { ...result, layer: crop };
}

/** Padding, and what is cut off after it, so that the output of a transposed convolution is that of the file. */
function transposedSizes(
  windows: Windows,
  pads: readonly (readonly [number, number])[],
  input: readonly number[],
  added: readonly number[],
): { params: { padding: string } & Record<string, JsonValue>; sizes: number[]; cropped: [number, number][] | null } {
  const { strides } = windows;
  const whole = input.map((size, axis) => (size - 1) * strides[axis]! + extentOf(windows, axis));
  const sizes = whole.map((size, axis) => size + added[axis]! - pads[axis]![0] - pads[axis]![1]);
  if (sizes.some((size) => size < 1)) throw new OnnxRefusal('its pads are larger than its output');
  const isSame = sizes.every(
    (size, axis) => size === input[axis]! * strides[axis]! && samePadding(windows, axis, size)[0] === pads[axis]![0],
  );
  if (isSame) return { params: { padding: 'same' }, sizes, cropped: null };
  const after = pads.map(([, end], axis) => end - added[axis]!);
  const outputPadding = after.map((end) => Math.max(0, -end));
  if (outputPadding.some((size, axis) => size >= strides[axis]!)) {
    throw new OnnxRefusal(`it needs an output padding below its strides; received ${added.join(' × ')}`);
  }
  const isDefault = outputPadding.every((size, axis) => size === Math.max(strides[axis]! - extentOf(windows, axis), 0));
  const cropped = pads.map(([start], axis): [number, number] => [start, Math.max(0, after[axis]!)]);
  return {
    params: { padding: 'valid', ...(isDefault ? {} : { outputPadding: sizesParameter(outputPadding) }) },
    sizes,
    cropped: cropped.every(([start, end]) => start === 0 && end === 0) ? null : cropped,
  };
}
