import { expect, test } from 'vitest';
import { ModelStore } from '../../src-renderer/state/model-store.svelte.ts';
import { setParameter } from '../../src-shared/document/edits/edits.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { mlpDocument } from '../support/documents.ts';
import { openedDocuments } from './opened-documents.ts';

const opened = mlpDocument();
const [hidden] = opened.nodes.filter(({ kind }) => kind === 'Dense');

/** The model after an edit in another window. */
function elsewhere(model: ModelDocument, name: string): ModelDocument {
  return { ...structuredClone(model), name };
}

test('a change from another window is one undo step, and earlier own steps can be undone', () => {
  const documents = openedDocuments({ model: opened });
  const model = new ModelStore(documents);
  model.perform(setParameter(model.document, [hidden!.id], 'units', 7));
  model.seal();
  const theirs = elsewhere(model.whole, 'theirs');
  theirs.nodes.splice(0, 0, { ...theirs.nodes[0]!, id: 'new', name: 'new' });
  documents.saved.model.adopt(theirs, 2);
  expect(model.whole).toEqual(theirs);
  expect(documents.steps.labels).toHaveLength(2);
  expect(documents.undoLabel).toBe('Take over changes made elsewhere');
  documents.undo();
  documents.undo();
  expect(model.whole).toEqual(opened);
  documents.goTo(2);
  expect(model.whole).toEqual(theirs);
});

test('successive changes from another window are one undo step', () => {
  const documents = openedDocuments({ model: opened });
  const model = new ModelStore(documents);
  documents.saved.model.adopt(elsewhere(model.whole, 'one'), 2);
  documents.saved.model.adopt(elsewhere(model.whole, 'two'), 3);
  documents.saved.model.adopt(elsewhere(model.whole, 'two'), 4);
  expect(documents.steps.labels).toHaveLength(1);
  expect(model.whole.name).toBe('two');
  documents.undo();
  expect(model.whole).toEqual(opened);
});
