import type { DatasetDocument, MadeTarget } from './dataset-document.ts';
import { pairsOf } from './pairs.ts';

export type MadeTargetKind = MadeTarget['kind'];

/** Class names of the target 'noise': rows of the data, and rows of noise. */
export const noiseClasses = ['noise', 'data'] as const;

/** The classes of a made target, in class order. */
export function madeClasses(made: MadeTarget): string[] {
  if (made.kind === 'rotation') return ['0°', '90°', '180°', '270°'];
  if (made.kind === 'noise') return [...noiseClasses];
  return Array.from({ length: made.vocabulary }, (_, token) => String(token));
}

/** A name for the column of a made target that no column of the document has: 'next_token'. */
export function madeColumn({ columns }: DatasetDocument, kind: MadeTargetKind): string {
  const names = new Set(columns.map(({ name }) => name));
  const wanted = kind.replace('-', '_');
  let column = wanted;
  for (let number = 1; names.has(column); number++) column = `${wanted}_${number}`;
  return column;
}

/** Why no target can be made from the rows of a document; null: one can. */
export function madeTargetRefusal(document: DatasetDocument): string | null {
  if (pairsOf(document) === null) return null;
  return 'The examples are pairs of pictures, which are drawn by class. Turn off pairs on the Data screen.';
}

/** The document with a made target as its only one; columns that were targets are not read. */
export function withMadeTarget(document: DatasetDocument, made: MadeTarget): DatasetDocument {
  const { columns, targets: _, ...rest } = withoutMadeTarget(document);
  return {
    ...rest,
    made,
    columns: [
      ...columns.map((column) => (column.role === 'target' ? { ...column, role: 'ignored' as const } : column)),
      { name: made.column, role: 'target', type: 'categorical', missing: 'drop-row', scaling: 'none' },
    ],
  };
}

/** The document as its source is read. */
export function withoutMadeTarget(document: DatasetDocument): DatasetDocument {
  const { made, ...rest } = document;
  if (made === undefined) return document;
  return { ...rest, columns: rest.columns.filter(({ name }) => name !== made.column) };
}
