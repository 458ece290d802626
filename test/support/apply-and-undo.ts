import { expect } from 'vitest';
import { applyChange, type Change } from '../../src-shared/document/history/operations.ts';
import { createHistory, perform, redo, undo, type History } from '../../src-shared/document/history/history.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';

/** Applies a change; undo must restore the exact text and redo the result. */
export function applyAndUndo(document: ModelDocument, change: Change | null): ModelDocument {
  if (change === null) throw new Error('Nothing was changed.');
  const after = applyChange(document, change);
  const history = perform(createHistory(document), after, change);
  const back = undo(history);
  expect(JSON.stringify(back.documents), change.label).toBe(JSON.stringify(document));
  expect(JSON.stringify(redo(back).documents), change.label).toBe(JSON.stringify(after));
  return after;
}

/** Adds a change as a step of a model's history. */
export function performChange(history: History<ModelDocument>, change: Change): History<ModelDocument> {
  return perform(history, applyChange(history.documents, change), change);
}
