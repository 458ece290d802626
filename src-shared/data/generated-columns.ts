import type { DatasetDocument, DataSource } from './dataset-document.ts';

export type GeneratorName = Extract<DataSource, { kind: 'generated' }>['generator'];

/** Column names of a generator: two numbers and a class. */
export function generatedColumns(generator: GeneratorName): readonly [string, string, string] {
  return generator === 'flowers' ? ['petal_length', 'petal_width', 'species'] : ['x', 'y', 'class'];
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
