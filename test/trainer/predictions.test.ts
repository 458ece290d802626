import { describe, expect, it } from 'vitest';
import { decodePredictions } from '../../src-main/trainer/predictions.ts';
import { measuresOf } from '../../src-main/trainer/target-measures.ts';
import type { HostTensor } from '../../src-main/engines/engine.ts';

const spec = { targets: [{ kind: 'classes' as const, name: 'kind', classes: ['no', 'yes'] }] };
const output = (logits: boolean, units: number) => ({ nodeId: 'o', name: 'o', targets: [0], logits, units });
const tensor = (units: number, values: number[]): HostTensor => ({
  dtype: 'float32',
  shape: [values.length / units, units],
  data: Float32Array.from(values),
});

describe('what a model with a loss from logits predicts', () => {
  it('is the sigmoid of one logit', () => {
    const [first, second] = decodePredictions([output(true, 1)], spec, [tensor(1, [0.25, -3])]);
    expect(first![0]!.probabilities!.map((value) => Number(value.toFixed(4)))).toEqual([0.4378, 0.5622]);
    expect([first![0]!.value, second![0]!.value]).toEqual(['yes', 'no']);
  });

  it('is the softmax of several', () => {
    const row = decodePredictions([output(true, 2)], spec, [tensor(2, [1000, 999])])[0]![0]!;
    expect(row.probabilities!.map((value) => Number(value.toFixed(4)))).toEqual([0.7311, 0.2689]);
  });

  it('is left as it is where the model gives probabilities', () => {
    const row = decodePredictions([output(false, 1)], spec, [tensor(1, [0.25])])[0]![0]!;
    expect(row.probabilities).toEqual([0.75, 0.25]);
  });

  it('counts as class 1 above 0 in the confusion matrix', () => {
    const y = { dtype: 'int32' as const, shape: [2, 1], data: Int32Array.from([1, 0]) };
    const [measure] = measuresOf([output(true, 1)], spec, y);
    measure!.add(tensor(1, [0.25, -3]), 0);
    expect(measure!.result().confusion).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});

describe('what a model predicts of several labels', () => {
  const label = (name: string) => ({ kind: 'classes' as const, name, classes: ['no', 'yes'] });
  const labels = { targets: [label('garden'), label('lift')] };
  const both = (logits: boolean) => ({ nodeId: 'o', name: 'o', targets: [1, 0], logits, units: 2 });

  it('is a sigmoid of each logit', () => {
    const [row] = decodePredictions([both(true)], labels, [tensor(2, [0.25, -3])]);
    expect(row!.map(({ target, value }) => [target, value])).toEqual([
      ['lift', 'yes'],
      ['garden', 'no'],
    ]);
    expect(row!.map(({ probabilities }) => Number(probabilities![1]!.toFixed(4)))).toEqual([0.5622, 0.0474]);
  });

  it('counts each by itself', () => {
    const y = { dtype: 'int32' as const, shape: [2, 2], data: Int32Array.from([1, 1, 0, 1]) };
    const measures = measuresOf([both(false)], labels, y);
    for (const measure of measures) measure.add(tensor(2, [0.9, 0.2, 0.4, 0.1]), 0);
    expect(measures.map((measure) => measure.result())).toEqual([
      { output: 'o', target: 'lift', confusion: [[0, 0], [1, 1]] }, // prettier-ignore
      { output: 'o', target: 'garden', confusion: [[1, 0], [1, 0]] }, // prettier-ignore
    ]);
  });
});
