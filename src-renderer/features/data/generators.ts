import type { DataSource, DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import type { Stores } from '../../state/stores.ts';
import { datasetStep } from '../../terms/step-names.ts';

export type GeneratedSource = Extract<DataSource, { kind: 'generated' }>;
type Generator = GeneratedSource['generator'];

/** Labels of the generators; `classes`: how many classes they can make. */
export const generators: readonly {
  readonly value: Generator;
  readonly label: string;
  readonly classes: readonly [number, number];
  readonly noise: number;
}[] = [
  { value: 'spirals', label: 'Spirals', classes: [2, 10], noise: 0.03 },
  { value: 'moons', label: 'Two moons', classes: [2, 2], noise: 0.1 },
  { value: 'circles', label: 'Circles', classes: [2, 10], noise: 0.05 },
  { value: 'xor', label: 'Exclusive or', classes: [2, 2], noise: 0.1 },
  { value: 'blobs', label: 'Blobs', classes: [2, 10], noise: 0.2 },
  { value: 'flowers', label: 'Iris-like flowers', classes: [2, 2], noise: 1 },
];

/** The source with another generator; classes and noise take values that fit it. */
export function withGenerator(source: GeneratedSource, generator: Generator): GeneratedSource {
  const { classes, noise } = generators.find((entry) => entry.value === generator)!;
  const fitting = Math.min(classes[1], Math.max(classes[0], source.classes));
  return { ...source, generator, classes: fitting, noise };
}

/** Takes generated points instead of the present data, as one undo step. */
export function generateData(dataset: Stores['dataset']): void {
  const next = generatedDataset(dataset.document);
  dataset.edit(next, datasetStep(dataset.document, next));
}

/** A new dataset whose points the program makes itself. */
export function generatedDataset({ filter: _, ...base }: DatasetDocument): DatasetDocument {
  const point = { role: 'feature', type: 'numeric', missing: 'drop-row', scaling: 'standard' } as const;
  return {
    ...base,
    name: 'Spirals',
    source: { kind: 'generated', generator: 'spirals', samples: 1500, classes: 3, noise: 0.03, seed: 1 },
    columns: [
      { name: 'x', ...point },
      { name: 'y', ...point },
      { name: 'class', role: 'target', type: 'categorical', missing: 'drop-row', scaling: 'none' },
    ],
    split: { train: 0.7, validation: 0.15, test: 0.15, seed: 1, stratify: true },
  };
}
