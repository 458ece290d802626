import type { DatasetDocument, MadeTarget } from './dataset-document.ts';
import { pairsOf } from './pairs.ts';

export type MadeTargetKind = MadeTarget['kind'];

/** The classes of each target that is made from the rows, in class order. */
export const madeClasses: Readonly<Record<MadeTargetKind, readonly string[]>> = {
  rotation: ['0°', '90°', '180°', '270°'],
  noise: ['noise', 'data'],
};

/** A target for the rows of a document. @param seed Of what is drawn. */
export function madeTarget({ columns }: DatasetDocument, kind: MadeTargetKind, seed: number): MadeTarget {
  const names = new Set(columns.map(({ name }) => name));
  let column: string = kind;
  for (let number = 1; names.has(column); number++) column = `${kind}_${number}`;
  return kind === 'rotation' ? { kind, column } : { kind, column, seed };
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
