import { expect, test } from 'vitest';
import { ReportSums } from '../../src-main/trainer/evaluation/report-sums.ts';
import { compileFixture, decodeFloats, decodeInts, relativeDifference } from '../support/keras-fixtures.ts';
import { lossFixtures } from '../support/loss-fixtures.ts';
import { ReferenceSession } from '../support/reference-session.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';

test.each(lossFixtures())('$name over three batches, the last one short, equals Keras', ({ fixture }) => {
  const model = compileFixture(fixture);
  const { x, y, classes, batchSize } = fixture;
  const weights = new Map(
    Object.entries(fixture.finalWeights).map(([name, values]) => [name, decodeFloats(values)] as const),
  );
  const targets =
    classes > 0 ? tensorOf('int32', y.shape, decodeInts(y)) : tensorOf('float32', y.shape, decodeFloats(y));
  const session = new ReferenceSession(model, weights, tensorOf('float32', x.shape, decodeFloats(x)), targets);
  const sums = new ReportSums(model.metrics, model.reportLength);
  const count = x.shape[0]!;
  for (let start = 0; start < count; start += batchSize) {
    const size = Math.min(batchSize, count - start);
    const rows = Int32Array.from({ length: size }, (_, row) => start + row);
    sums.add(Float32Array.from(session.run(model.programs.evaluate, rows)), 0, size);
  }
  const received = Object.values(sums.values());
  expect(relativeDifference(received, decodeFloats(fixture.streamed))).toBeLessThan(1e-5);
});
