import type { Column, DatasetDocument, DataSource, Guess } from './dataset-document.ts';

export type GeneratedSource = Extract<DataSource, { kind: 'generated' }>;
export type GeneratorName = GeneratedSource['generator'];

/** Column names of a generator: two numbers and a class. */
export function generatedColumns(generator: GeneratorName): readonly [string, string, string] {
  return generator === 'flowers' ? ['petal_length', 'petal_width', 'species'] : ['x', 'y', 'class'];
}

/** The usual settings of generated data. */
export function guessOfGenerated(source: GeneratedSource): Guess {
  const [first, second, label] = generatedColumns(source.generator);
  const point = { role: 'feature', type: 'numeric', missing: 'drop-row', scaling: 'standard' } as const;
  const columns: Column[] = [
    { name: first, ...point },
    { name: second, ...point },
    { name: label, role: 'target', type: 'categorical', missing: 'drop-row', scaling: 'none' },
  ];
  return {
    columns,
    numbers: source.generator === 'flowers' ? [] : [label],
    split: { train: 0.7, validation: 0.15, test: 0.15, seed: 1, stratify: true },
  };
}

/** The document's columns renamed for another generator; roles and scaling do not change. */
export function renamedColumns(
  columns: DatasetDocument['columns'],
  from: GeneratorName,
  to: GeneratorName,
): DatasetDocument['columns'] {
  const before = generatedColumns(from);
  const after = generatedColumns(to);
  return columns.map((column) => ({ ...column, name: after[before.indexOf(column.name)] ?? column.name }));
}
