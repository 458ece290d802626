import { describe, expect, test } from 'vitest';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import { reportValues } from '../support/keras-fixtures.ts';
import { ReferenceSession } from '../support/reference-session.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';

const ROWS = 40;
const FEATURES = 3;
const RATE = 0.1;

const x = Float64Array.from(uniform([7, 8], 0, ROWS * FEATURES), (value) => Math.fround(2 * value - 1));
const rowOf = (row: number): Float64Array => x.subarray(row * FEATURES, (row + 1) * FEATURES);

function compiled(units: number, activation: string, classes: number): CompiledModel {
  const document = sequentialDocument([dense(units, activation, { name: 'p' })]);
  const optimizer = { kind: 'sgd', learningRate: RATE, momentum: 0, nesterov: false } as const;
  const configuration = configurationWith({ loss: 'perceptron', optimizer, metrics: ['accuracy'] });
  const result = compileModel(document, classFeatures([FEATURES], classes), configuration);
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.model;
}

function sessionOf(model: CompiledModel, units: number, classOf: (row: number) => number): ReferenceSession {
  // Zero weights, as in textbooks: the first value is 0, where step is 1.
  const weights = new Map([
    ['p/kernel', new Float32Array(FEATURES * units)],
    ['p/bias', new Float32Array(units)],
  ]);
  const targets = tensorOf(
    'int32',
    [ROWS, 1],
    Array.from({ length: ROWS }, (_, row) => classOf(row)),
  );
  return new ReferenceSession(model, weights, tensorOf('float32', [ROWS, FEATURES], x), targets);
}

const weightsOf = (session: ReferenceSession): number[] => [
  ...session.state.get('p/kernel')!.data,
  ...session.state.get('p/bias')!.data,
];

describe.each(['step', 'linear'])(
  'one SGD step with one example equals the perceptron rule, last activation %s',
  (activation) => {
    test('w += η · (t − y) · x, b += η · (t − y)', () => {
      const classOf = (row: number): number => (rowOf(row)[0]! + 0.5 * rowOf(row)[1]! > 0.1 ? 1 : 0);
      const model = compiled(1, activation, 2);
      const session = sessionOf(model, 1, classOf);
      const w = new Float64Array(FEATURES + 1);
      let mistakes = 0;
      for (let row = 0; row < ROWS; row++) {
        const inputs = [...rowOf(row), 1];
        const y = inputs.reduce((sum, value, i) => sum + value * w[i]!, 0) >= 0 ? 1 : 0;
        const error = classOf(row) - y;
        inputs.forEach((value, i) => (w[i]! += RATE * error * value));
        mistakes += Math.abs(error);
        session.run(model.programs.train, Int32Array.of(row), RATE);
        weightsOf(session).forEach((value, i) => expect(value, `weight ${i} after row ${row}`).toBeCloseTo(w[i]!, 12));
      }
      expect(mistakes).toBeGreaterThan(3);
    });
  },
);

test('several units each learn their class by the perceptron rule', () => {
  const classOf = (row: number): number => row % 3;
  const model = compiled(3, 'step', 3);
  const session = sessionOf(model, 3, classOf);
  const w = new Float64Array((FEATURES + 1) * 3);
  for (let row = 0; row < ROWS; row++) {
    const inputs = [...rowOf(row), 1];
    for (let unit = 0; unit < 3; unit++) {
      const y = inputs.reduce((sum, value, i) => sum + value * w[i * 3 + unit]!, 0) >= 0 ? 1 : 0;
      const error = (classOf(row) === unit ? 1 : 0) - y;
      inputs.forEach((value, i) => (w[i * 3 + unit]! += RATE * error * value));
    }
    session.run(model.programs.train, Int32Array.of(row), RATE);
    weightsOf(session).forEach((value, i) => expect(value, `weight ${i} after row ${row}`).toBeCloseTo(w[i]!, 12));
  }
});

test('loss uses the value before the step activation, accuracy the value after it', () => {
  const model = compiled(1, 'step', 2);
  const session = sessionOf(model, 1, (row) => row % 2);
  session.state.set('p/kernel', tensorOf('float32', [FEATURES, 1], [1, -2, 0.5]));
  const values = Array.from({ length: ROWS }, (_, row) => {
    const [a, b, c] = rowOf(row);
    return a! - 2 * b! + 0.5 * c!;
  });
  const mean = (of: (z: number, row: number) => number): number =>
    values.reduce((sum, z, row) => sum + of(z, row), 0) / ROWS;
  const [loss, accuracy] = reportValues(model, session.run(model.programs.evaluate, Int32Array.from(values.keys())));
  expect(loss).toBeCloseTo(
    mean((z, row) => Math.max(0, -(row % 2 === 1 ? 1 : -1) * z)),
    12,
  );
  expect(accuracy).toBeCloseTo(
    mean((z, row) => Number(z >= 0 === (row % 2 === 1))),
    12,
  );
});

test('perceptron loss with a linear last activation is advised to use step', () => {
  const document = sequentialDocument([dense(1, 'linear', { name: 'p' })]);
  const configuration = configurationWith({ loss: 'perceptron' });
  const result = compileModel(document, classFeatures([FEATURES], 2), configuration);
  expect(result.ok && result.model.analysis.problems).toMatchObject([
    {
      code: 'target/activation',
      severity: 'advice',
      nodeId: 'p',
    },
  ]);
});
