import type { OnnxCall } from '../graph/call.ts';
import { isConstant } from '../graph/call.ts';
import { numbersOf } from '../graph/constants.ts';
import type { LayerValue } from '../graph/layer-value.ts';
import { numberAttribute, OnnxRefusal } from '../graph/onnx-model.ts';
import { part } from './shapes.ts';

/** Rows of a table by index (Embedding), or one index of an axis. */
export function gather(call: OnnxCall): LayerValue {
  const [table] = call.operands;
  if (table !== undefined && table !== null && isConstant(table)) return embedding(call);
  const value = call.layer(0);
  const indices = call.constant(1);
  const axis = call.axis(numberAttribute(call.node, 'axis', 0), value);
  const rank = indices?.forBatches[0].shape.length ?? -1;
  const numbers = indices === null ? [] : numbersOf(indices);
  if (numbers.length !== 1 || rank > 1) throw new OnnxRefusal('it needs one index; received several');
  const size = value.axes[axis]!.reduce((product, own) => product * (value.sizes[own] ?? NaN), 1);
  const start = numbers[0]! < 0 ? numbers[0]! + size : numbers[0]!;
  return part(call, value, axis, start, 1, rank === 1);
}

function embedding(call: OnnxCall): LayerValue {
  const table = call.weights(0);
  const value = call.anyLayer(1);
  if (numberAttribute(call.node, 'axis', 0) !== 0 || table.shape.length !== 2) {
    throw new OnnxRefusal(`it needs rows of a matrix; received ${table.shape.join(' × ')}`);
  }
  const [inputDim, outputDim] = table.shape;
  const params = { inputDim: inputDim!, outputDim: outputDim! };
  const layer = call.draft.addShared('Embedding', params, [value.layer], { embeddings: table }, call.identity(0));
  const sizes = [...value.sizes, outputDim!];
  return { layer, sizes, axes: [...value.axes, [value.sizes.length]], type: 'float', nonNegative: false, origin: null };
}
