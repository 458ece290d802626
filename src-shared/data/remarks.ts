import { sameJson } from '../text/same-json.ts';
import { editColumn } from './column-choices.ts';
import type { DatasetDocument, Remark } from './dataset-document.ts';

/** Remarks on the guess that a person has not answered by other settings of the column. */
export function openRemarks({ columns, guess }: DatasetDocument): readonly Remark[] {
  const guessed = new Map(guess?.columns.map((column) => [column.name, column]));
  const settings = new Map(columns.map(({ name, type, role, unit }) => [name, { type, role, unit }]));
  return (guess?.remarks ?? []).filter(({ column }) => {
    const before = column === undefined ? undefined : guessed.get(column.name);
    if (before === undefined) return true;
    const { type, role, unit } = before;
    return sameJson(settings.get(before.name), { type, role, unit });
  });
}

/** The document with the settings that the remark offers for its column. */
export function withRemark(document: DatasetDocument, { column }: Remark): DatasetDocument {
  if (column === undefined) return document;
  const { name, ...patch } = column;
  const columns = editColumn(document.columns, name, patch as Parameters<typeof editColumn>[2]);
  return { ...document, columns };
}
