import { adoptSource } from '../../../src-shared/data/adopt-source.ts';
import { datasetDocument, type DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import {
  guessOfGenerated,
  type GeneratedSource,
  type GeneratorName,
} from '../../../src-shared/data/generated-columns.ts';
import type { Stores } from '../../state/stores.ts';
import { datasetStep } from '../../terms/step-names.ts';

/** Labels of the generators; `classes`: how many classes they can make. */
export const generators: readonly {
  readonly value: GeneratorName;
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
export function withGenerator(source: GeneratedSource, generator: GeneratorName): GeneratedSource {
  const { classes, noise } = generators.find((entry) => entry.value === generator)!;
  const fitting = Math.min(classes[1], Math.max(classes[0], source.classes));
  return { ...source, generator, classes: fitting, noise };
}

const labelOf = ({ generator }: GeneratedSource): string => generators.find(({ value }) => value === generator)!.label;

/** A data set that is named after its generator takes the name of the next. */
export function nameForGenerator(name: string, before: GeneratedSource, after: GeneratedSource): string {
  return name === labelOf(before) ? labelOf(after) : name;
}

/** Takes generated points instead of the present data, as one undo step. */
export function generateData(dataset: Stores['dataset']): void {
  const { document: next } = adoptSource(dataset.document, generatedDataset());
  dataset.edit(next, datasetStep(dataset.document, next));
}

/** A new data set whose points the program makes itself. */
export function generatedDataset(): DatasetDocument {
  const source = { kind: 'generated', generator: 'spirals', samples: 1500, classes: 3, noise: 0.03, seed: 1 } as const;
  const { columns, split } = guessOfGenerated(source);
  return datasetDocument({ name: 'Spirals', source, columns, split });
}
