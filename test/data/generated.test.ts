import { describe, expect, test } from 'vitest';
import { generateTable, type GeneratedSource } from '../../src-main/data/formats/generated/generated.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';

const generators = ['spirals', 'moons', 'circles', 'xor', 'blobs', 'flowers'] as const;
const source = (more: Partial<GeneratedSource>): GeneratedSource => ({
  ...{ kind: 'generated', generator: 'spirals', samples: 600, classes: 2, noise: 0.05, seed: 1 },
  ...more,
});

describe.each(generators)('%s', (generator) => {
  test('is deterministic by seed', () => {
    const columns = generateTable(source({ generator })).columns;
    expect(generateTable(source({ generator })).columns).toEqual(columns);
    expect(generateTable(source({ generator, seed: 2 })).columns).not.toEqual(columns);
  });

  test('makes classes of equal size and finite points', () => {
    const [x, y, label] = generateTable(source({ generator })).columns;
    if (x?.kind !== 'numeric' || y?.kind !== 'numeric' || label?.kind !== 'categorical') throw new Error('columns');
    expect(x.values.every(Number.isFinite) && y.values.every(Number.isFinite)).toBe(true);
    expect(label.codes.filter((code) => code === 1).length).toBe(300);
  });

  test('a point does not depend on the number of points', () => {
    const first = (samples: number) => {
      const [x] = generateTable(source({ generator, samples })).columns;
      return x?.kind === 'numeric' ? x.values.slice(0, 10) : null;
    };
    expect(first(600)).toEqual(first(50));
  });
});

test('xor without noise: the class is 1 where the signs differ', () => {
  const [x, y, label] = generateTable(source({ generator: 'xor', noise: 0 })).columns;
  if (x?.kind !== 'numeric' || y?.kind !== 'numeric' || label?.kind !== 'categorical') throw new Error('columns');
  x.values.forEach((value, i) => expect(value * y.values[i]! > 0).toBe(label.codes[i] === 0));
});

test('flowers have petals of two kinds, in cm, linearly separable', () => {
  const columns = generateTable(source({ generator: 'flowers', noise: 1, samples: 2000 })).columns;
  const [length, width, species] = columns;
  if (length?.kind !== 'numeric' || width?.kind !== 'numeric' || species?.kind !== 'categorical')
    throw new Error('columns');
  expect(columns.map(({ name }) => name)).toEqual(['petal_length', 'petal_width', 'species']);
  expect(species.categories).toEqual(['setosa-like', 'versicolor-like']);
  length.values.forEach((value, i) => {
    const sum = value + width.values[i]!;
    expect(sum > 3.2).toBe(species.codes[i] === 1);
    expect(value).toBeGreaterThan(1);
    expect(value).toBeLessThan(6);
    expect(width.values[i]).toBeGreaterThan(0);
    expect(width.values[i]).toBeLessThan(2.5);
  });
});

test('moons, xor and flowers reject more than two classes', () => {
  for (const generator of ['moons', 'xor', 'flowers'] as const) {
    expect(() => generateTable(source({ generator, classes: 3 }))).toThrow(AppError);
  }
});
