import { expect, it } from 'vitest';
import { relativeDifference } from '../../src-main/engines/interface/relative-difference.ts';

it('is the largest difference relative to the largest value', () => {
  expect(relativeDifference([1, -3, 8], [1, -4, 10])).toBe(0.2);
  expect(relativeDifference([0.25], [0.5])).toBe(0.5);
  expect(relativeDifference([0.25], [0.5], 1)).toBe(0.25);
  expect(relativeDifference([], [])).toBe(0);
});

it('is infinite for NaN and for other lengths', () => {
  expect(relativeDifference([NaN, 1], [0, 1])).toBe(Infinity);
  expect(relativeDifference([0, 1], [NaN, 1])).toBe(Infinity);
  expect(relativeDifference([1], [1, 2])).toBe(Infinity);
});
