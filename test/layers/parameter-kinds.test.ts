import { describe, expect, it } from 'vitest';
import { layers } from '../../src-shared/layers/catalog/catalog.ts';
import { kindOf } from '../../src-shared/layers/parameters/parameter-spec.ts';
import type { ParameterType } from '../../src-shared/layers/parameters/parameter-spec.ts';

const read = (type: ParameterType, text: string) => {
  const field = kindOf(type).field(type);
  return field.input === 'text' ? field.read(text) : null;
};

describe('text field of a list of numbers', () => {
  const integers = { kind: 'integers', min: 0, max: 9, minLength: 1, maxLength: 3 } as const;
  const numbers = { kind: 'numbers', min: 0, max: 9, maxLength: 3, emptyMeans: 'none' } as const;

  it('accepts a trailing comma', () => {
    expect(read(integers, '2,')).toEqual({ value: 2 });
    expect(read(integers, '2, 1, ')).toEqual({ value: [2, 1] });
    expect(read(numbers, '0.5, ')).toEqual({ value: 0.5 });
  });

  it('accepts × between sizes, and reads an empty text as the default', () => {
    expect(read(integers, '2 × 1')).toEqual({ value: [2, 1] });
    expect(read(integers, ' ')).toEqual({ value: undefined });
    expect(read(numbers, '')).toEqual({ value: undefined });
  });

  it.each(['1.5', '10', 'a', '1 1 1 1'])('rejects %j as integers', (text) => {
    expect(read(integers, text)).toHaveProperty('fault');
  });
});

it.each(layers.flatMap(({ kind, parameters }) => parameters.map((spec) => [kind, spec] as const)))(
  'the text of a default of %s is read as the default',
  (_, { type, default: standard }) => {
    const field = kindOf(type).field(type);
    if (field.input !== 'text') return;
    const result = field.read(field.show(standard));
    const list = Array.isArray(standard) ? standard : [standard];
    const one = list[0] === null ? undefined : list[0];
    expect(result).toEqual({ value: list.length > 1 ? list : one });
  },
);
