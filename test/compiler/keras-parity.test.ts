import { describe, expect, test } from 'vitest';
import { validateProgram } from '../../src-shared/program/builder/validate.ts';
import {
  compileFixture,
  decodeFloats,
  decodeInts,
  fixtureBatches,
  inferenceFixtures,
  kerasFixtureNames,
  readKerasFixture,
  relativeDifference,
  reportValues,
  sharedFixtures,
  stepRates,
} from '../support/keras-fixtures.ts';
import { lossFixtures } from '../support/loss-fixtures.ts';
import { optimizerFixtures, regularizerFixtures, stepFixtures } from '../support/optimizer-fixtures.ts';
import { ReferenceSession } from '../support/reference-session.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';

/** The float64 reference runs the programs; the tolerance covers Keras's float32 rounding. */
const TOLERANCE = 1e-5;

const models = kerasFixtureNames().map((name) => ({ name, fixture: readKerasFixture(name) }));

describe.each([
  ...models,
  ...optimizerFixtures(),
  ...lossFixtures(),
  ...regularizerFixtures(),
  ...stepFixtures(),
  ...sharedFixtures(),
  ...inferenceFixtures(),
])('$name equals Keras', ({ fixture }) => {
  const model = compileFixture(fixture);
  const all = Int32Array.from({ length: fixture.x.shape[0]! }, (_, row) => row);

  test('validateProgram finds no fault', () => {
    for (const program of [model.programs.train, model.programs.evaluate, model.programs.predict])
      expect(validateProgram(program)).toEqual([]);
    expect(model.weights.map((weight) => weight.name).sort()).toEqual(Object.keys(fixture.weights).sort());
  });

  test('predictions, reports of every step, final weights and evaluation', () => {
    const { x, y, classes } = fixture;
    const weights = new Map(Object.entries(fixture.weights).map(([weight, values]) => [weight, decodeFloats(values)]));
    const targets =
      classes > 0 ? tensorOf('int32', y.shape, decodeInts(y)) : tensorOf('float32', y.shape, decodeFloats(y));
    const session = new ReferenceSession(model, weights, tensorOf('float32', x.shape, decodeFloats(x)), targets);
    const close = (received: ArrayLike<number>, expected: ArrayLike<number>, what: string): void =>
      expect(relativeDifference(received, expected), what).toBeLessThan(TOLERANCE);
    close(session.run(model.programs.predict, all), decodeFloats(fixture.predictions), 'predictions');
    const reports = decodeFloats(fixture.reports);
    const width = fixture.reports.shape[1]!;
    fixtureBatches(fixture).forEach((rows, step) => {
      const { learningRate, momentum } = stepRates(fixture, step);
      const values = reportValues(model, session.run(model.programs.train, rows, learningRate, momentum));
      close(values, reports.subarray(step * width, (step + 1) * width), `report of step ${step}`);
    });
    for (const [weight, values] of Object.entries(fixture.finalWeights)) {
      close(session.state.get(weight)!.data, decodeFloats(values), weight);
    }
    close(
      reportValues(model, session.run(model.programs.evaluate, all)),
      decodeFloats(fixture.evaluation),
      'evaluation',
    );
    close(session.run(model.programs.predict, all), decodeFloats(fixture.finalPredictions), 'final predictions');
    expect([...session.state.get('optimizer/step')!.data]).toEqual([fixture.reports.shape[0]]);
  });
});
