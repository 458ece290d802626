import type { OnnxCall } from '../graph/call.ts';
import { isConstant } from '../graph/call.ts';
import type { LayerWeights } from '../graph/draft.ts';
import { inOrder } from '../graph/layer-value.ts';
import type { LayerValue } from '../graph/layer-value.ts';
import { numberAttribute, OnnxRefusal, textAttribute } from '../graph/onnx-model.ts';
import { picked, sum, transposed, withoutAxes } from '../graph/weight-view.ts';
import type { WeightView } from '../graph/weight-view.ts';
import { part } from './shapes.ts';

/** Recurrent layers of one direction, from zeros. */

/** Gates of an LSTM in the file are those of input, output, forget and cell; Keras has input, forget, cell and output. */
export function lstm(call: OnnxCall): (LayerValue | null)[] {
  const units = unitsOf(call, ['Sigmoid', 'Tanh', 'Tanh']);
  if (numberAttribute(call.node, 'input_forget', 0) !== 0) throw new OnnxRefusal('its input and forget gates are one');
  requireZeros(call, [5, 6]);
  if ((call.operands[7] ?? null) !== null) throw new OnnxRefusal('it has peepholes');
  const gates = [0, 2, 3, 1].flatMap((gate) => Array.from({ length: units }, (_, unit) => gate * units + unit));
  const bias = biasOf(call, 4 * units);
  const weights = {
    ...kernelsOf(call, gates),
    ...(bias === null ? {} : { bias: sum(picked(bias.input, 0, gates), picked(bias.recurrent, 0, gates)) }),
  };
  return recurrent(call, 'LSTM', units, {}, weights);
}

/** Gates are those of update, reset and candidate, as in Keras. */
export function gru(call: OnnxCall): (LayerValue | null)[] {
  const units = unitsOf(call, ['Sigmoid', 'Tanh']);
  requireZeros(call, [5]);
  const resetAfter = numberAttribute(call.node, 'linear_before_reset', 0) === 1;
  const gates = Array.from({ length: 3 * units }, (_, row) => row);
  const bias = biasOf(call, 3 * units);
  const weights = {
    ...kernelsOf(call, gates),
    ...(bias === null ? {} : { bias: resetAfter ? bias.both : sum(bias.input, bias.recurrent) }),
  };
  return recurrent(call, 'GRU', units, resetAfter ? {} : { resetAfter }, weights);
}

function unitsOf({ node, operands }: OnnxCall, activations: readonly string[]): number {
  const given = node.attributes.get('activations');
  const isUsual = given === undefined || (Array.isArray(given) && given.join() === activations.join());
  if (!isUsual) throw new OnnxRefusal(`it needs the activations ${activations.join(', ')}; received ${String(given)}`);
  const direction = textAttribute(node, 'direction', 'forward');
  if (direction !== 'forward') throw new OnnxRefusal(`its direction is ${direction}`);
  if (node.attributes.has('clip')) throw new OnnxRefusal('it clips its values');
  if ((operands[4] ?? null) !== null) throw new OnnxRefusal('it has a length for each example');
  return numberAttribute(node, 'hidden_size', 0);
}

/** States before the first step. */
function requireZeros({ operands }: OnnxCall, inputs: readonly number[]): void {
  for (const index of inputs) {
    const operand = operands[index] ?? null;
    const isZero =
      operand === null ||
      (isConstant(operand) && operand.forBatches.every((tensor) => tensor.values().every((value) => value === 0)));
    if (!isZero) throw new OnnxRefusal('it begins with states that are not 0');
  }
}

/** [directions, gates · units, columns] as [columns, gates · units], with the gates in this order. */
function kernelsOf(call: OnnxCall, gates: readonly number[]): LayerWeights {
  const [kernel, recurrentKernel] = [1, 2].map((index): WeightView => {
    const view = call.weights(index);
    if (view.shape.length !== 3 || view.shape[0] !== 1 || view.shape[1] !== gates.length) {
      throw new OnnxRefusal(`it needs weights of ${gates.length} rows; received ${view.shape.join(' × ')}`);
    }
    return transposed(picked(withoutAxes(view, [0]), 0, gates), [1, 0]);
  });
  return { kernel: kernel!, recurrent_kernel: recurrentKernel! };
}

/** The biases of the products with the input and with the state; null: there are none. */
function biasOf(call: OnnxCall, size: number): { input: WeightView; recurrent: WeightView; both: WeightView } | null {
  const view = call.optionalWeights(3);
  if (view === null) return null;
  if (view.shape.join() !== `1,${2 * size}`) {
    throw new OnnxRefusal(`it needs ${2 * size} biases; received ${view.shape.join(' × ')}`);
  }
  const row = withoutAxes(view, [0]);
  const indices = Array.from({ length: size }, (_, index) => index);
  const [input, state] = [0, size].map((start) =>
    picked(
      row,
      0,
      indices.map((index) => index + start),
    ),
  );
  const both = {
    shape: [2, size],
    terms: row.terms.map((term) => ({
      ...term,
      offsets: [[0, term.offsets[0]![size]! - term.offsets[0]![0]!], term.offsets[0]!.slice(0, size)],
    })),
  };
  return { input: input!, recurrent: state!, both };
}

function recurrent(
  call: OnnxCall,
  kind: string,
  units: number,
  own: Record<string, boolean>,
  weights: LayerWeights,
): (LayerValue | null)[] {
  const { node, reading } = call;
  const isUsed = (index: number): boolean => (reading.consumers.get(node.outputs[index] ?? '') ?? 0) > 0;
  if (isUsed(2)) throw new OnnxRefusal('its last cell state is used');
  const given = call.layer(0);
  const batchFirst = numberAttribute(node, 'layout', 0) === 1;
  if (given.axes.length !== 3) throw new OnnxRefusal(`it needs 3 axes; received ${given.axes.length}`);
  const value = call.arranged(given, inOrder(given, batchFirst ? [0, 1, 2] : [1, 0, 2]));
  const [, steps, features] = value.sizes;
  if (weights['kernel']!.shape[0] !== features || weights['recurrent_kernel']!.shape[0] !== units) {
    throw new OnnxRefusal(`it needs weights of ${String(features)} features and ${units} units`);
  }
  const params = {
    units,
    ...own,
    ...(weights['bias'] === undefined ? { useBias: false } : {}),
    ...(isUsed(0) ? { returnSequences: true } : {}),
  };
  const layer = call.draft.add(kind, params, [value.layer], undefined, { weights });
  const base = { layer, type: 'float', nonNegative: false, origin: null } as const;
  if (!isUsed(0)) {
    return [null, { ...base, sizes: [null, units], axes: batchFirst ? [[0], [], [1]] : [[], [0], [1]] }];
  }
  const all: LayerValue = {
    ...base,
    sizes: [null, steps!, units],
    axes: batchFirst ? [[0], [1], [], [2]] : [[1], [], [0], [2]],
  };
  return [all, isUsed(1) ? part(call, all, batchFirst ? 1 : 0, steps! - 1, 1, false) : null];
}
