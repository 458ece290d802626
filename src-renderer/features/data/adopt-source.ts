import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';

/**
 * The document after a source was chosen: where the new files have the columns of the old ones,
 * roles, scaling, units and split stay as they were set; else everything is guessed anew.
 */
export function adoptSource(current: DatasetDocument, detected: DatasetDocument): DatasetDocument {
  const sameKind = current.source.kind === detected.source.kind;
  const names = (document: DatasetDocument): string => JSON.stringify(document.columns.map(({ name }) => name).sort());
  if (!sameKind || current.columns.length === 0 || names(current) !== names(detected)) return detected;
  return { ...current, source: detected.source };
}
