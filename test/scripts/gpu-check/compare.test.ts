import { expect, test } from 'vitest';
import { compareTraining } from '../../../scripts/gpu-check/compare.ts';
import type { TrainingResult } from '../../../scripts/gpu-check/protocol.ts';

const result = (changes: Partial<TrainingResult> = {}): TrainingResult => ({
  device: 'GPU',
  losses: [200, 1],
  evaluation: [0.5, 3],
  predictions: [[0.1, 0.9], [4]],
  sameBits: true,
  seconds: 1,
  ...changes,
});

test('differences within the tolerances are accepted', () => {
  const near = result({ losses: [201, 1.00005], evaluation: [0.50005, 4], predictions: [[0.1005, 0.9], [4]] });
  const compared = compareTraining(near, result());
  expect(compared.fault).toBeNull();
  expect(compared.first).toBeCloseTo(0.005, 6);
  expect(compared.last).toBeCloseTo(5e-5, 9);
});

test.each([
  ['loss of the last step', { losses: [200, 1.0002] }],
  ['NaN loss', { losses: [200, NaN] }],
  ['number of steps', { losses: [200] }],
  ['evaluation', { evaluation: [0.6, 3] }],
  ['prediction', { predictions: [[0.1, 0.9], [4.1]] }],
  ['number of outputs', { predictions: [[0.1, 0.9]] }],
])('another %s is a fault', (_, changes) => {
  expect(compareTraining(result(changes), result()).fault).not.toBeNull();
});
