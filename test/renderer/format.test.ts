import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatCountOf,
  formatLimit,
  formatNumber,
  formatPercent,
  formatWithUnit,
  parseNumber,
} from '../../src-renderer/ui/format/numbers.ts';
import { showShape } from '../../src-shared/program/language/shape.ts';
import { formatFullShape } from '../../src-renderer/ui/format/shapes.ts';
import { parseShape } from '../../src-shared/layers/parameters/shape.ts';
import { formatClock, formatDuration, formatMilliseconds, formatMoment } from '../../src-renderer/ui/format/times.ts';

describe('formatting numbers', () => {
  it('groups digits of counts', () => {
    expect(formatCount(268810)).toBe('268,810');
    expect(formatCountOf(1, 'layer')).toBe('1 layer');
    expect(formatCountOf(1200, 'layer')).toBe('1,200 layers');
  });

  it.each([
    [0, '0'],
    [0.939123, '0.9391'],
    [12345.67, '12,350'],
    [-0.5, '−0.5'],
    [1e-7, '1e−7'],
    [0.00001236, '1.236e−5'],
    [3, '3'],
    [123456, '123,456'],
    [NaN, 'NaN'],
    [Infinity, '∞'],
  ])('formats %d as %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it('formats fractions, sizes and money', () => {
    expect(formatPercent(0.9391)).toBe('93.9 %');
    expect(formatBytes(999)).toBe('999 B');
    expect(formatBytes(1536)).toBe('1.5 kB');
    expect(formatWithUnit(68432.1, 'USD')).toBe('$68,430');
    expect(formatWithUnit(-5, 'USD')).toBe('−$5');
    expect(formatWithUnit(3.2, 'km')).toBe('3.2 km');
  });
});

describe('parsing numbers', () => {
  it.each([
    ['1024', 1024],
    ['1,024', 1024],
    ['1,000,000.5', 1000000.5],
    ['12 345', 12345],
    ['−0.5', -0.5],
    [' 1e−3 ', 0.001],
    ['1,5', NaN],
    ['1,0245', NaN],
    ['12,34,567', NaN],
    ['five', NaN],
  ])('%s is %d', (text, value) => expect(parseNumber(text)).toBe(value));

  it('reads formatted limits', () => {
    for (const value of [1_000_000, -4096, 0.25, 2_147_483_647]) expect(parseNumber(formatLimit(value))).toBe(value);
    expect(formatLimit(1_000_000)).toBe('1,000,000');
  });
});

describe('formatting times', () => {
  it.each([
    [102, '1:42'],
    [3725, '1:02:05'],
    [0, '0:00'],
    [Infinity, '–'],
  ])('formats %d seconds as %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it('formats short durations with their unit', () => {
    expect(formatMilliseconds(12.4)).toBe('12 ms');
    expect(formatMilliseconds(4200)).toBe('4.2 s');
    expect(formatMilliseconds(102_000)).toBe('1:42');
  });

  it('formats times in English with 24 hours in every locale, in the local time zone', () => {
    const at = new Date(2026, 10, 21, 14, 5, 9);
    const midnight = new Date(2026, 10, 21, 0, 0, 1);
    expect(formatClock(at.getTime())).toBe('14:05:09');
    expect(formatClock(midnight.getTime())).toBe('00:00:01');
    expect(formatMoment(at.toISOString(), at)).toBe('14:05');
    expect(formatMoment(at.toISOString(), new Date(2026, 10, 22))).toBe('Nov 21, 2026, 14:05');
    expect(formatMoment('not a date')).toBe('not a date');
  });
});

describe('shapes', () => {
  it('omits the batch axis, and names it in the full form', () => {
    expect(showShape([null, 28, 28, 1])).toBe('28 × 28 × 1');
    expect(formatFullShape([null, 28, 28, 1])).toBe('[batch, 28, 28, 1]');
    expect(showShape(null)).toBe('?');
  });

  it.each([
    ['28 × 28 × 1', [28, 28, 1]],
    ['28, 28,1', [28, 28, 1]],
    ['784', [784]],
    ['', []],
    ['28 × 0', null],
    ['a', null],
    ['1.5', null],
  ])('parses %j', (text, shape) => expect(parseShape(text)).toEqual(shape));
});
