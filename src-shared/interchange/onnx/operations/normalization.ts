import { perChannel, withLastAxis } from '../graph/call.ts';
import type { OnnxCall } from '../graph/call.ts';
import type { LayerValue } from '../graph/layer-value.ts';
import { numberAttribute, OnnxRefusal } from '../graph/onnx-model.ts';
import { broadcast } from '../graph/weight-view.ts';
import type { WeightView } from '../graph/weight-view.ts';

export function batchNormalization(call: OnnxCall): LayerValue {
  const { node, reading } = call;
  if (numberAttribute(node, 'spatial', 1) === 0)
    throw new OnnxRefusal('it normalizes each position separately (spatial = 0)');
  const isTraining = numberAttribute(node, 'training_mode', 0) === 1;
  const otherOutputs = node.outputs.slice(1).some((name) => (reading.consumers.get(name) ?? 0) > 0);
  if (isTraining || otherOutputs) throw new OnnxRefusal('it is in training mode');
  const value = withLastAxis(call, call.layer(0), 1);
  const channels = value.sizes.at(-1)!;
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => vector(call, index, channels));
  const params = { epsilon: epsilonOf(call), momentum: numberAttribute(node, 'momentum', 0.9) };
  const weights = { gamma: gamma!, beta: beta!, moving_mean: mean!, moving_variance: variance! };
  return normalized(call, value, 'BatchNormalization', params, weights);
}

/** A limit of 1e-12 keeps the number in the range of the parameter. */
function epsilonOf({ node }: OnnxCall): number {
  const epsilon = numberAttribute(node, 'epsilon', 1e-5);
  if (epsilon >= 1e-12 && epsilon <= 1) return epsilon;
  throw new OnnxRefusal(`it needs an epsilon from 1e-12 to 1; received ${epsilon}`);
}

function vector(call: OnnxCall, index: number, size: number): WeightView {
  const view = call.weights(index);
  if (view.shape.length === 1 && view.shape[0] === size) return view;
  throw new OnnxRefusal(`it needs ${size} numbers as input ${index + 1}; received ${view.shape.join(' × ')}`);
}

function normalized(
  call: OnnxCall,
  value: LayerValue,
  kind: string,
  params: Record<string, number | boolean>,
  weights: Record<string, WeightView>,
): LayerValue {
  const layer = call.draft.add(kind, params, [value.layer], undefined, { weights });
  return { ...value, layer, nonNegative: false, origin: null };
}

/** Over the last axis. */
export function layerNormalization(call: OnnxCall): LayerValue {
  const { node, reading } = call;
  const given = call.layer(0);
  const axis = call.axis(numberAttribute(node, 'axis', -1), given);
  if (axis !== given.axes.length - 1) throw new OnnxRefusal(`it is over ${given.axes.length - axis} axes at once`);
  if (node.outputs.slice(1).some((name) => (reading.consumers.get(name) ?? 0) > 0))
    throw new OnnxRefusal('its mean is used');
  const value = withLastAxis(call, given, axis);
  const size = value.sizes.at(-1)!;
  const along = (index: number): WeightView => {
    const found = perChannel(call.weights(index), [size]);
    if (found === null) throw new OnnxRefusal(`it needs ${size} numbers as input ${index + 1}`);
    return broadcast(found.values, [size]);
  };
  const hasBeta = call.constant(2) !== null;
  const params = { epsilon: epsilonOf(call), ...(hasBeta ? {} : { center: false }) };
  return normalized(call, value, 'LayerNormalization', params, {
    gamma: along(1),
    ...(hasBeta ? { beta: along(2) } : {}),
  });
}

export function instanceNormalization(call: OnnxCall): LayerValue {
  return groups(call, -1);
}

export function groupNormalization(call: OnnxCall): LayerValue {
  if (call.reading.opset < 21) throw new OnnxRefusal('it has a scale for each group (operator set below 21)');
  return groups(call, numberAttribute(call.node, 'num_groups', 1));
}

function groups(call: OnnxCall, count: number): LayerValue {
  const value = withLastAxis(call, call.layer(0), 1);
  const channels = value.sizes.at(-1)!;
  const weights = { gamma: vector(call, 1, channels), beta: vector(call, 2, channels) };
  return normalized(call, value, 'GroupNormalization', { epsilon: epsilonOf(call), groups: count }, weights);
}
