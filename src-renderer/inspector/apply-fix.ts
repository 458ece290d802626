import type { DatasetDocument } from '../../src-shared/dataset/dataset-document.ts';
import { changeForFix } from '../../src-shared/document/fixes.ts';
import type { Fix } from '../../src-shared/document/problem.ts';
import { createId } from '../editor/ids.ts';
import type { Studio } from '../state/studio.svelte.ts';

/** Carries a remedy out: an edit of the model, which undo takes back, or of the dataset document. */
export function applyFix({ model, dataset }: Pick<Studio, 'model' | 'dataset'>, fix: Fix): void {
  if (fix.action === 'scale-columns') dataset.edit(scaled(dataset.document, fix.params));
  else model.performOnWhole(changeForFix(model.whole, fix, createId));
}

function scaled(
  document: DatasetDocument,
  { columns, scaling }: Extract<Fix, { action: 'scale-columns' }>['params'],
): DatasetDocument {
  return {
    ...document,
    columns: document.columns.map((column) => (columns.includes(column.name) ? { ...column, scaling } : column)),
  };
}
