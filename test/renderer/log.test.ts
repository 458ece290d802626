import { expect, it } from 'vitest';
import { epochText } from '../../src-renderer/state/log-store.svelte.ts';

it('writes figures of epochs below each other, and how long an epoch took before them', () => {
  const line = (epoch: number, accuracy: number) =>
    epochText(1, { epoch, metrics: { loss: 0.5, val_accuracy: accuracy }, durationMs: 17, stepsPerSecond: 1 });
  const [first, last] = [line(9, 0.9711), line(10, 1)];
  expect(first.indexOf('val_accuracy')).toBe(last.indexOf('val_accuracy'));
  expect(last).toMatch(/^Run 1 epoch 10 +in 17 ms +loss 0.5 +val_accuracy 1$/);
});
