import { expect, it } from 'vitest';
import * as edits from '../../src-shared/document/edits/edits.ts';
import { createHistory, redo, seal, undo, undoLabel } from '../../src-shared/document/history/history.ts';
import { addNodeAfter, insertOnEdge } from '../../src-shared/document/geometry/insert-edits.ts';
import { mlpDocument } from '../support/documents.ts';
import { countingIds } from './random-edits.ts';
import { performChange } from '../support/apply-and-undo.ts';

const document = mlpDocument();
const createId = countingIds();

it('edit labels name the edited layers', () => {
  const node = edits.createNode(document, 'Dropout', { x: 0, y: 0 }, createId);
  expect([
    edits.addNode(document, node).label,
    addNodeAfter(document, 'hidden1', node, createId).label,
    insertOnEdge(document, document.edges[1]!.id, node, createId).label,
    edits.connect(document, { source: 'hidden1', target: 'classes' }, createId)?.label,
    edits.reconnect(document, document.edges[2]!.id, { source: 'hidden1', target: 'classes' })?.label,
  ]).toEqual([
    "Add 'dropout'",
    "Add 'dropout'",
    "Insert 'dropout'",
    "Connect 'hidden1' to 'classes'",
    "Reconnect 'hidden1' to 'classes'",
  ]);
});

it('a rename label names the layer before and after typing', () => {
  let history = createHistory(document);
  for (const name of ['hidden', 'hid', 'first']) {
    history = performChange(history, edits.rename(history.documents, 'hidden1', name)!);
  }
  expect([history.done.length, undoLabel(history)]).toEqual([1, "Rename 'hidden1' to 'first'"]);
  history = performChange(seal(history), edits.rename(history.documents, 'hidden1', 'second')!);
  expect(undoLabel(history)).toBe("Rename 'first' to 'second'");
  expect(undoLabel(redo(undo(history)))).toBe("Rename 'first' to 'second'");
});

it('connecting to a missing layer returns null', () => {
  expect(edits.connect(document, { source: 'gone', target: 'classes' }, createId)).toBeNull();
  expect(edits.reconnect(document, document.edges[1]!.id, { source: 'hidden1', target: 'gone' })).toBeNull();
});
