import { describe, expect, it, test } from 'vitest';
import { decodePredictions } from '../../src-main/trainer/jobs/predict-rows.ts';
import { measuresOf } from '../../src-main/trainer/evaluation/measures/target-measures.ts';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { allRows } from '../../src-main/engines/interface/example-rows.ts';

const spec = { targets: [{ kind: 'classes' as const, name: 'kind', classes: ['no', 'yes'] }] };
const output = (logits: boolean) => ({
  nodeId: 'o',
  name: 'o',
  targets: [0],
  reproduces: null,
  logits,
  margins: false,
});
const noFeatures = allRows({ dtype: 'float32', shape: [2, 0], data: new Float32Array(0) });
const tensor = (units: number, values: number[]): HostTensor => ({
  dtype: 'float32',
  shape: [values.length / units, units],
  data: Float32Array.from(values),
});

describe('predictions of a model with a loss from logits', () => {
  it('apply sigmoid to one logit', () => {
    const [first, second] = decodePredictions([output(true)], spec, [tensor(1, [0.25, -3])]);
    expect(first![0]!.probabilities!.map((value) => Number(value.toFixed(4)))).toEqual([0.4378, 0.5622]);
    expect([first![0]!.value, second![0]!.value]).toEqual(['yes', 'no']);
  });

  it('apply softmax to several logits', () => {
    const row = decodePredictions([output(true)], spec, [tensor(2, [1000, 999])])[0]![0]!;
    expect(row.probabilities!.map((value) => Number(value.toFixed(4)))).toEqual([0.7311, 0.2689]);
  });

  it('are unchanged if the model predicts probabilities', () => {
    const row = decodePredictions([output(false)], spec, [tensor(1, [0.25])])[0]![0]!;
    expect(row.probabilities).toEqual([0.75, 0.25]);
  });

  it('count as class 1 above 0 in the confusion matrix', () => {
    const y = { dtype: 'int32' as const, shape: [2, 1], data: Int32Array.from([1, 0]) };
    const [measure] = measuresOf([output(true)], spec, { x: noFeatures, y: allRows(y) });
    measure!.add(tensor(1, [0.25, -3]), 0);
    expect(measure!.result().confusion).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});

describe('predictions of several labels', () => {
  const label = (name: string) => ({ kind: 'classes' as const, name, classes: ['no', 'yes'] });
  const labels = { targets: [label('garden'), label('lift')] };
  const both = (logits: boolean) => ({
    nodeId: 'o',
    name: 'o',
    targets: [1, 0],
    reproduces: null,
    logits,
    margins: false,
  });

  it('apply sigmoid to each logit', () => {
    const [row] = decodePredictions([both(true)], labels, [tensor(2, [0.25, -3])]);
    expect(row!.map(({ target, value }) => [target, value])).toEqual([
      ['lift', 'yes'],
      ['garden', 'no'],
    ]);
    expect(row!.map(({ probabilities }) => Number(probabilities![1]!.toFixed(4)))).toEqual([0.5622, 0.0474]);
  });

  it('count each label separately', () => {
    const y = { dtype: 'int32' as const, shape: [2, 2], data: Int32Array.from([1, 1, 0, 1]) };
    const measures = measuresOf([both(false)], labels, { x: noFeatures, y: allRows(y) });
    for (const measure of measures) measure.add(tensor(2, [0.9, 0.2, 0.4, 0.1]), 0);
    expect(measures.map((measure) => measure.result())).toEqual([
      { output: 'o', target: 'lift', confusion: [[0, 0], [1, 1]] }, // prettier-ignore
      { output: 'o', target: 'garden', confusion: [[1, 0], [1, 0]] }, // prettier-ignore
    ]);
  });
});

describe('predictions of a reproduced input', () => {
  const columns = [
    { type: 'numeric' as const, name: 'age', unit: 'years', offset: 40, scale: 10, fill: null, min: 0, max: 80 },
    { type: 'categorical' as const, name: 'port', categories: ['Cork', 'Dover'], fill: null },
  ];
  const spans = [
    { name: 'port', start: 1, width: 2 },
    { name: 'age', start: 0, width: 1 },
  ];
  const again = { nodeId: 'o', name: 'o', targets: [], reproduces: spans, logits: false, margins: false };

  it('are decoded by column, in its unit', () => {
    const [row] = decodePredictions([again], { targets: [], columns }, [tensor(3, [0.2, 0.7, 1.5])]);
    expect(row).toEqual([
      { output: 'o', target: 'port', value: 'Dover' },
      { output: 'o', target: 'age', value: 55, unit: 'years' },
    ]);
  });

  it('are measured by column; a row of an unknown category is ignored', () => {
    const x = { dtype: 'float32' as const, shape: [3, 3], data: Float32Array.from([1, 0, 1, 2, 1, 0, 0, 0, 0]) };
    const y = { dtype: 'float32' as const, shape: [3, 0], data: new Float32Array(0) };
    const measures = measuresOf([again], { targets: [], columns }, { x: allRows(x), y: allRows(y) });
    for (const measure of measures) measure.add(tensor(3, [0.2, 0.7, 1.5, 0.1, 0.9, 2, 1, 0, 0]), 0);
    expect(measures.map((measure) => measure.result())).toEqual([
      { output: 'o', target: 'port', confusion: [[0, 1], [0, 1]] }, // prettier-ignore
      { output: 'o', target: 'age', unit: 'years', rmseOriginal: 5 / Math.sqrt(3), maeOriginal: 5 / 3 },
    ]);
  });

  it('are pixels for an image', () => {
    const image = {
      type: 'image' as const,
      name: 'digit',
      shape: [1, 2, 1] as [number, number, number],
      offset: 0,
      scale: 255,
    };
    const output = { ...again, reproduces: [{ name: 'digit', start: 0, width: 2 }] };
    const [row] = decodePredictions([output], { targets: [], columns: [image] }, [tensor(2, [0, 1])]);
    expect(row).toEqual([{ output: 'o', target: 'digit', value: [0, 255] }]);
  });
});

test('margins of a hinge loss give classes by sign, without probabilities', () => {
  const margins = { ...output(false), margins: true };
  const rows = decodePredictions([margins], spec, [tensor(1, [0.25, -0.75])]);
  expect(rows).toEqual([
    [{ output: 'o', target: 'kind', value: 'yes' }],
    [{ output: 'o', target: 'kind', value: 'no' }],
  ]);
  const y = { dtype: 'int32' as const, shape: [2, 1], data: Int32Array.from([1, 0]) };
  const [measure] = measuresOf([margins], spec, { x: noFeatures, y: allRows(y) });
  measure!.add(tensor(1, [0.25, -0.75]), 0);
  expect(measure!.result().confusion).toEqual([
    [1, 0],
    [0, 1],
  ]);
});
