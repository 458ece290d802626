import { numbersOf } from '../graph/constants.ts';
import type { OnnxCall } from '../graph/call.ts';
import { shapeOf } from '../graph/layer-value.ts';
import type { LayerValue } from '../graph/layer-value.ts';
import { numberAttribute, numbersAttribute, OnnxRefusal, textAttribute } from '../graph/onnx-model.ts';
import { images, sizesParameter, spatial, withSpatial } from './windows.ts';

/** Resize and Upsample by whole numbers: UpSampling. */
export function resize(call: OnnxCall): LayerValue {
  const { node, reading } = call;
  const given = call.layer(0);
  const scales = scalesOf(call, given);
  if (scales.every((scale) => scale === 1)) return given;
  if (scales.some((scale) => !Number.isInteger(scale) || scale < 1)) {
    throw new OnnxRefusal(`it needs whole numbers as scales; received ${scales.join(', ')}`);
  }
  if (scales[0] !== 1 || scales[1] !== 1) throw new OnnxRefusal('it resizes examples or channels');
  const value = images(call);
  const factors = scales.slice(2);
  const mode = textAttribute(node, 'mode', 'nearest');
  // Before operator set 11 positions are index / scale, rounded down.
  const isEarly = reading.opset < 11;
  const positions = isEarly ? 'asymmetric' : textAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const rounding = isEarly ? 'floor' : textAttribute(node, 'nearest_mode', 'round_prefer_floor');
  const isCentred = positions === 'half_pixel' || positions === 'pytorch_half_pixel';
  const repeats =
    mode === 'nearest' &&
    (isCentred ? rounding.startsWith('round') : positions === 'asymmetric' && rounding === 'floor');
  const isBilinear =
    mode === 'linear' && isCentred && factors.length === 2 && numberAttribute(node, 'antialias', 0) === 0;
  if (!repeats && !isBilinear) throw new OnnxRefusal(`it resizes with ${mode}, ${positions}, ${rounding}`);
  const params = { size: sizesParameter(factors), ...(isBilinear ? { interpolation: 'bilinear' } : {}) };
  const layer = call.draft.add(`UpSampling${factors.length}D`, params, [value.layer]);
  return withSpatial(
    value,
    layer,
    spatial(value).map((size, axis) => size * factors[axis]!),
  );
}

/** Output size / input size, for each axis. */
function scalesOf(call: OnnxCall, value: LayerValue): number[] {
  const { node, reading } = call;
  const rank = value.axes.length;
  const axes = numbersAttribute(node, 'axes')?.map((axis) => call.axis(axis, value)) ?? [...value.axes.keys()];
  const spread = (list: readonly number[]): number[] =>
    Array.from({ length: rank }, (_, axis) => list[axes.indexOf(axis)] ?? 1);
  const isEarly = reading.opset < 11;
  const scales = call.constant(isEarly ? 1 : 2);
  const listed = scales === null ? numbersAttribute(node, 'scales') : numbersOf(scales);
  if (listed !== null && listed.length > 0) return spread(listed);
  const sizes = isEarly ? null : call.constant(3);
  if (sizes === null) throw new OnnxRefusal('it needs scales or sizes; received none');
  if (textAttribute(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    throw new OnnxRefusal('it keeps the ratio of its sizes');
  const shape = shapeOf(value);
  const first = [...sizes.forBatches[0].values()];
  return spread(first).map((size, axis) => (shape[axis] === -1 || !axes.includes(axis) ? 1 : size / shape[axis]!));
}
