import { expect, test } from 'vitest';
import { StepRate } from '../../src-main/trainer/training/step-rate.ts';

test('the rate excludes the first step and follows the last seconds', () => {
  const rate = new StepRate();
  expect(rate.value).toBeNull();
  rate.add(1, 500);
  expect(rate.value).toBeNull();
  rate.add(11, 600);
  expect(rate.value).toBe(100);
  // Ten seconds at a tenth of the speed: the earlier rate has no effect.
  for (let at = 700; at <= 10_700; at += 100) rate.add(11 + (at - 600) / 100, at);
  expect(rate.value).toBeCloseTo(10);
});

test('the rate falls without progress, and repeated times do not change it', () => {
  const rate = new StepRate();
  rate.add(1, 0);
  rate.add(1, 0);
  expect(rate.value).toBeNull();
  rate.add(11, 1000);
  rate.add(11, 2000);
  expect(rate.value).toBe(5);
});
