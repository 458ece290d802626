import { expect, it } from 'vitest';
import { epochText } from '../../src-renderer/state/log-store.svelte.ts';

it('epochText aligns metrics and shows the duration of the epoch', () => {
  const line = (epoch: number, accuracy: number) =>
    epochText(1, { epoch, metrics: { loss: 0.5, val_accuracy: accuracy }, durationMs: 17, stepsPerSecond: 1 });
  const [first, last] = [line(9, 0.9711), line(10, 1)];
  expect(first.indexOf('val_accuracy')).toBe(last.indexOf('val_accuracy'));
  expect(last).toMatch(/^Run 1 epoch 10 +in 17 ms +loss 0.5 +val_accuracy 1$/);
});
