import { expect, test } from 'vitest';
import { checkedJob, checkedMessage } from '../../src-main/training-protocol/protocol.ts';
import { exampleRun } from '../runs/example-run.ts';

const update = {
  activity: 'Training',
  step: 40,
  totalSteps: 100,
  epoch: 1,
  stepsPerSecond: null,
  secondsLeft: 3.5,
  metrics: { loss: 0.5 },
  firstStep: 21,
  losses: Float32Array.from({ length: 20 }, (_, i) => i),
  epochs: [{ record: { epoch: 1, metrics: { loss: 0.5 }, durationMs: 3, stepsPerSecond: 9 }, best: true }],
};
const { model, dataset, configuration } = exampleRun();
const job = {
  ...{ runId: 'run-1', projectFolder: '/p', artifacts: '/p/artifacts', history: { device: 1n, file: 2n } },
  ...{ model, dataset, configuration },
  ...{ start: null, earlier: null, engineAsRecorded: false, weightsSpec: null, execution: null },
  commands: [
    { seq: 1, step: 40, epoch: 1, at: '2026-11-30', command: { kind: 'set', patch: { learningRate: 0.001 } } },
  ],
};

test('messages and jobs of this version pass unchanged', () => {
  expect(checkedMessage({ kind: 'update', update })).toEqual({ kind: 'update', update });
  const applied = { kind: 'applied', seq: 1, step: 40, epoch: 1 };
  expect(checkedMessage(applied)).toEqual(applied);
  expect(checkedJob(job)).toEqual(job);
});

test.each([
  ['an unknown kind', { kind: 'else' }],
  ['a state that is not final', { kind: 'finished', state: 'running' }],
  ['a metric that is not finite', { kind: 'update', update: { ...update, metrics: { loss: NaN } } }],
  ['losses that are not float32', { kind: 'update', update: { ...update, losses: [1] } }],
])('%s is rejected', (_, message) => {
  expect(() => checkedMessage(message)).toThrow(expect.objectContaining({ code: 'training/bad-message' }));
});

test('a job without its parts is rejected', () => {
  const { dataset: _, ...others } = job;
  expect(() => checkedJob(others)).toThrow(expect.objectContaining({ code: 'training/bad-message' }));
});
