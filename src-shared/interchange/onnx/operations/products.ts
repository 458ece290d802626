import { perChannel, withLastAxis } from '../graph/call.ts';
import type { OnnxCall } from '../graph/call.ts';
import { shapeOf } from '../graph/layer-value.ts';
import type { LayerValue } from '../graph/layer-value.ts';
import { numberAttribute, OnnxRefusal } from '../graph/onnx-model.ts';
import { broadcast, picked, scaled, transposed } from '../graph/weight-view.ts';
import type { WeightView } from '../graph/weight-view.ts';

/** Products of values with a matrix: Dense. */

export function gemm(call: OnnxCall): LayerValue {
  const { node } = call;
  const x = call.layer(0);
  if (numberAttribute(node, 'transA', 0) !== 0) throw new OnnxRefusal('it transposes its examples (transA = 1)');
  if (x.axes.length !== 2) throw new OnnxRefusal(`it needs 2 axes; received ${x.axes.length}`);
  const weights = call.weights(1);
  const kernel = numberAttribute(node, 'transB', 0) === 0 ? weights : transposed(weights, [1, 0]);
  const [alpha, beta] = [numberAttribute(node, 'alpha', 1), numberAttribute(node, 'beta', 1)];
  const given = call.optionalWeights(2);
  const bias = given === null || beta === 0 ? null : scaled(biasOf(given, kernel.shape.at(-1)!), beta);
  return dense(call, x, scaled(kernel, alpha), bias, [1, 2]);
}

export function matMul(call: OnnxCall): LayerValue {
  return dense(call, call.layer(0), call.weights(1), null, [1]);
}

function biasOf(view: WeightView, units: number): WeightView {
  const found = perChannel(view, [1, units]);
  if (found === null || found.axis === 0)
    throw new OnnxRefusal(`it needs a bias of ${units}; received ${view.shape.join(' × ')}`);
  return broadcast(found.values, [units]);
}

/** @param inputs Those of the weights. */
function dense(
  call: OnnxCall,
  x: LayerValue,
  kernel: WeightView,
  bias: WeightView | null,
  inputs: readonly number[],
): LayerValue {
  const [features, units] = kernel.shape;
  if (kernel.shape.length !== 2)
    throw new OnnxRefusal(`it needs a matrix of weights; received ${kernel.shape.join(' × ')}`);
  const last = x.axes.length - 1;
  if (last < 1) throw new OnnxRefusal('it needs values with features');
  const { value, rows } = featuresLast(call, x);
  if (value.sizes.at(-1) !== features) {
    throw new OnnxRefusal(`it needs weights of ${String(value.sizes.at(-1))} features; received ${features}`);
  }
  const weights = { kernel: rows === null ? kernel : picked(kernel, 0, rows), ...(bias === null ? {} : { bias }) };
  const params = { units: units!, ...(bias === null ? { useBias: false } : {}) };
  // Rows in another order are other weights.
  const identity = rows === null ? call.identity(...inputs) : null;
  const layer = call.draft.addShared('Dense', params, [value.layer], weights, identity);
  return { ...value, layer, sizes: [...value.sizes.slice(0, -1), units!], nonNegative: false, origin: null };
}

/**
 * A value with its last axis last in its layer. An axis that consists of all of the layer's axes in another order becomes
 * one by Flatten; `rows` are then the indices in the file of the values in the layer's order.
 */
function featuresLast(call: OnnxCall, x: LayerValue): { value: LayerValue; rows: number[] | null } {
  const own = x.axes.at(-1)!;
  const isFlattened = x.axes.length === 2 && x.axes[0]!.join() === '0' && own.length > 1;
  if (!isFlattened) return { value: withLastAxis(call, x, x.axes.length - 1), rows: null };
  const count = shapeOf(x)[1]!;
  const layer = call.draft.add('Flatten', {}, [x.layer], call.draft.nameBeside('Flatten'));
  const value = { ...x, layer, sizes: [null, count], axes: [[0], [1]], origin: null };
  const inOrder = own.every((axis, index) => axis === index + 1);
  return { value, rows: inOrder ? null : rowsOf(x.sizes, own) };
}

/** For each position in the layer's order the position in the order of `axes`. */
function rowsOf(sizes: LayerValue['sizes'], axes: readonly number[]): number[] {
  let stride = 1;
  const strides = new Map<number, number>();
  for (const axis of axes.toReversed()) {
    strides.set(axis, stride);
    stride *= sizes[axis]!;
  }
  let rows = [0];
  for (let axis = 1; axis < sizes.length; axis++) {
    const step = strides.get(axis);
    // An axis of size 1 need not be among them.
    if (step === undefined) continue;
    rows = rows.flatMap((row) => Array.from({ length: sizes[axis]! }, (_, index) => row + index * step));
  }
  return rows;
}
