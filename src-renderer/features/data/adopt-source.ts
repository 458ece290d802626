import type { Column, DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { editColumn } from './column-choices.ts';

/**
 * The document after other data was chosen. Columns that still exist keep their settings and their order, and the split
 * stays; new columns have guessed settings, and the name follows the data. Data without a known column is all guessed.
 */
export function adoptSource(current: DatasetDocument, detected: DatasetDocument): DatasetDocument {
  const guesses = new Map(detected.columns.map((guess) => [guess.name, guess]));
  const kept = current.columns.flatMap((column) => {
    const guess = guesses.get(column.name);
    return guess === undefined ? [] : keptSettings(column, guess);
  });
  if (current.source.kind !== detected.source.kind || kept.length === 0) return detected;
  const known = new Set(kept.map(({ name }) => name));
  const added = detected.columns.filter(({ name }) => !known.has(name));
  const hasTarget = kept.some(({ role }) => role === 'target');
  const columns = hasTarget
    ? [...kept, ...added.map((guess) => (isTarget(guess) ? withRole(guess, 'feature') : guess))]
    : [...kept.map((column) => (isTarget(guesses.get(column.name)) ? guesses.get(column.name)! : column)), ...added];
  return withFilter({ ...current, name: detected.name, source: detected.source, columns }, current.filter);
}

/** The document with the steps of a filter whose columns it has. */
function withFilter(
  { filter: _, ...document }: DatasetDocument,
  filter: DatasetDocument['filter'] = [],
): DatasetDocument {
  const names = new Set(document.columns.map(({ name }) => name));
  const kept = filter.filter((step) => !('column' in step) || names.has(step.column));
  return kept.length === 0 ? document : { ...document, filter: kept };
}

const isTarget = (column: Column | undefined): boolean => column?.role === 'target';

/** Where the new values do not fit the type, such as text where numbers were, only the role stays. */
function keptSettings(column: Column, guess: Column): Column {
  if (column.type === guess.type || (column.type === 'categorical' && guess.type === 'numeric')) return column;
  return withRole(guess, column.role === 'weight' ? 'ignored' : column.role);
}

function withRole(column: Column, role: Column['role']): Column {
  return editColumn([column], column.name, { role })[0]!;
}
