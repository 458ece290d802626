import { describe, expect, test } from 'vitest';
import type { Program } from '../../src-shared/program/types.ts';
import { validateProgram } from '../../src-shared/program/validate.ts';
import {
  compileFixture,
  decodeFloats,
  decodeInts,
  fixtureBatches,
  kerasFixtureNames,
  readKerasFixture,
  relativeDifference,
  reportValues,
} from '../support/keras-fixtures.ts';
import type { KerasFixture } from '../support/keras-fixtures.ts';
import { runReference } from '../support/reference/run.ts';
import { tensorOf } from '../support/reference/tensor.ts';
import type { Tensor } from '../support/reference/tensor.ts';

/** The programs, run by the float64 reference, against Keras; float32 rounding of Keras is what remains. */
const TOLERANCE = 1e-5;

function rowsOf(tensor: Tensor, rows: Int32Array): Tensor {
  const size = tensor.data.length / tensor.shape[0]!;
  const data = Array.from(rows).flatMap((row) => Array.from(tensor.data.subarray(row * size, (row + 1) * size)));
  return tensorOf(tensor.dtype, tensor.shape.with(0, rows.length), data);
}

class ReferenceSession {
  readonly state = new Map<string, Tensor>();
  readonly x: Tensor;
  readonly y: Tensor;
  readonly learningRate: Tensor;

  constructor({ x, y, classes, optimizer }: KerasFixture) {
    this.x = tensorOf('float32', x.shape, decodeFloats(x));
    this.y = classes > 0 ? tensorOf('int32', y.shape, decodeInts(y)) : tensorOf('float32', y.shape, decodeFloats(y));
    this.learningRate = tensorOf('float32', [], [optimizer.learningRate]);
  }

  /** Runs a program on rows and keeps the state it makes. @returns Its only output. */
  run(program: Program, rows: Int32Array): Float64Array {
    const feeds = new Map([...this.state, ['x', rowsOf(this.x, rows)], ['y', rowsOf(this.y, rows)]]);
    const { outputs, state } = runReference(program, feeds.set('learningRate', this.learningRate));
    for (const [name, tensor] of state) this.state.set(name, tensor);
    return outputs.get(program.outputs[0]!.name)!.data;
  }
}

describe.each(kerasFixtureNames())('%s equals Keras', (name) => {
  const fixture = readKerasFixture(name);
  const model = compileFixture(fixture);
  const all = Int32Array.from({ length: fixture.x.shape[0]! }, (_, row) => row);

  test('programs are sound', () => {
    for (const program of [model.train, model.evaluate, model.predict]) expect(validateProgram(program)).toEqual([]);
    expect(model.weights.map((weight) => weight.name).sort()).toEqual(Object.keys(fixture.weights).sort());
  });

  test('predictions, reports of every step, final weights, evaluation', () => {
    const session = new ReferenceSession(fixture);
    for (const [weight, values] of Object.entries(fixture.weights)) {
      session.state.set(weight, tensorOf('float32', values.shape, decodeFloats(values)));
    }
    for (const { name: slot, dtype, shape, initial } of model.slots) {
      session.state.set(slot, tensorOf(dtype, shape, new Array(shape.reduce((a, b) => a * b, 1)).fill(initial)));
    }
    const close = (received: ArrayLike<number>, expected: ArrayLike<number>, what: string): void =>
      expect(relativeDifference(received, expected), what).toBeLessThan(TOLERANCE);
    close(session.run(model.predict, all), decodeFloats(fixture.predictions), 'predictions');
    const reports = decodeFloats(fixture.reports);
    const width = fixture.reports.shape[1]!;
    fixtureBatches(fixture).forEach((rows, step) => {
      const values = reportValues(model, session.run(model.train, rows));
      close(values, reports.subarray(step * width, (step + 1) * width), `report of step ${step}`);
    });
    for (const [weight, values] of Object.entries(fixture.finalWeights)) {
      close(session.state.get(weight)!.data, decodeFloats(values), weight);
    }
    close(reportValues(model, session.run(model.evaluate, all)), decodeFloats(fixture.evaluation), 'evaluation');
    close(session.run(model.predict, all), decodeFloats(fixture.finalPredictions), 'final predictions');
    expect([...session.state.get('optimizer/step')!.data]).toEqual([fixture.reports.shape[0]]);
  });
});
