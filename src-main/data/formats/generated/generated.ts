import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { generatedColumns } from '../../../../src-shared/data/generated-columns.ts';
import type { DataFormat, SourceOf } from '../interface/data-format.ts';
import { FLOWER_KINDS, flowerPetal } from './flowers.ts';
import { pointNumbers } from '../../tables/random.ts';
import type { SourceContents } from '../../tables/table.ts';

export type GeneratedSource = SourceOf<'generated'>;

/** Generated points, for trying a network without a file. */
export const generatedFormat: DataFormat<GeneratedSource> = {
  kind: 'generated',
  readerVersion: null,
  files: async () => [],
  storedAs: () => '',
  read: async (source) => generateTable(source),
};

interface Point {
  x: number;
  y: number;
}

/** A point of a class: `u` and `v` are uniform in [0, 1). Noise is added by the caller. */
type Shape = (classIndex: number, classes: number, u: number, v: number) => Point;

const shapes: Readonly<Record<Exclude<GeneratedSource['generator'], 'xor' | 'flowers'>, Shape>> = {
  spirals: (classIndex, classes, u) => {
    const radius = 0.05 + 0.95 * u;
    const angle = 1.5 * Math.PI * u + (2 * Math.PI * classIndex) / classes;
    return { x: radius * Math.sin(angle), y: radius * Math.cos(angle) };
  },
  moons: (classIndex, _classes, u) => {
    const angle = Math.PI * u;
    return classIndex === 0
      ? { x: Math.cos(angle), y: Math.sin(angle) }
      : { x: 1 - Math.cos(angle), y: 0.5 - Math.sin(angle) };
  },
  circles: (classIndex, classes, u) => {
    const radius = (classIndex + 1) / classes;
    const angle = 2 * Math.PI * u;
    return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
  },
  blobs: (classIndex, classes) => {
    const angle = (2 * Math.PI * classIndex) / classes;
    return { x: Math.cos(angle), y: Math.sin(angle) };
  },
};

const TWO_CLASSES: ReadonlySet<GeneratedSource['generator']> = new Set<GeneratedSource['generator']>([
  'moons',
  'xor',
  'flowers',
]);

/**
 * Generates the points of a source: two numbers and a class. Point i depends only on the seed and i;
 * its class is i modulo the number of classes.
 *
 * @throws AppError `dataset/bad-source` if the generator does not support this number of classes.
 */
export function generateTable(source: GeneratedSource): SourceContents {
  const { generator, samples, classes, noise, seed } = source;
  if (TWO_CLASSES.has(generator) && classes !== 2) {
    throw new AppError(
      'dataset/bad-source',
      `Expected 2 classes for the generator '${generator}'; received ${classes}. Set classes to 2, or choose spirals, circles or blobs.`,
      { generator, classes },
    );
  }
  const x = new Float64Array(samples);
  const y = new Float64Array(samples);
  const codes = new Int32Array(samples);
  for (let i = 0; i < samples; i++) {
    const { uniform, normal } = pointNumbers(i, seed);
    const classIndex = i % classes;
    codes[i] = classIndex;
    if (generator === 'flowers') {
      const { length, width } = flowerPetal(classIndex, noise, normal);
      x[i] = length;
      y[i] = width;
      continue;
    }
    const point =
      generator === 'xor'
        ? xorPoint(classIndex, uniform[0], uniform[1])
        : shapes[generator](classIndex, classes, uniform[0], uniform[1]);
    x[i] = point.x + noise * normal[0];
    y[i] = point.y + noise * normal[1];
  }
  const [first, second, label] = generatedColumns(generator);
  const numbers = Array.from({ length: classes }, (_, i) => String(i));
  return {
    rows: samples,
    columns: [
      { kind: 'numeric', name: first, values: x },
      { kind: 'numeric', name: second, values: y },
      { kind: 'categorical', name: label, codes, categories: generator === 'flowers' ? FLOWER_KINDS : numbers },
    ],
    header: [first, second, label],
    given: null,
    places: { kind: 'numbered', parts: [{ item: 'point', file: null, rows: samples }] },
  };
}

/** Class 0 if x and y have the same sign, else class 1; uniform in the square [-1, 1)². */
function xorPoint(classIndex: number, u: number, v: number): Point {
  const x = 2 * u - 1;
  const sign = (x < 0 ? -1 : 1) * (classIndex === 0 ? 1 : -1);
  return { x, y: sign * v };
}
