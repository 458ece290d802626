import { expect, test } from 'vitest';
import { ModelStore } from '../../src-renderer/state/model-store.svelte.ts';
import type { LaminaClient, ProjectSnapshot } from '../../src-shared/contract/contract.ts';
import { setParameter } from '../../src-shared/document/edits/edits.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { mlpDocument } from '../support/documents.ts';

const opened = mlpDocument();
const [hidden] = opened.nodes.filter(({ kind }) => kind === 'Dense');

function store(): ModelStore {
  const client = { request: () => Promise.resolve({ revision: 1, setAside: [] }) } as unknown as LaminaClient;
  const rules = { mayEdit: () => true, keptAside: () => {} };
  return new ModelStore(client, { model: opened, modelRevision: 1 } as ProjectSnapshot, rules);
}

/** The model as another window leaves it. */
function elsewhere(model: ModelDocument, name: string): ModelDocument {
  return { ...structuredClone(model), name };
}

test('what another window changed is one step more, and own steps can still be taken back', () => {
  const model = store();
  model.perform(setParameter(model.document, [hidden!.id], 'units', 7));
  model.seal();
  const theirs = elsewhere(model.whole, 'theirs');
  theirs.nodes.splice(0, 0, { ...theirs.nodes[0]!, id: 'new', name: 'new' });
  model.saved.adopt(theirs, 2);
  expect(model.whole).toEqual(theirs);
  expect(model.steps.labels).toHaveLength(2);
  expect(model.undoLabel).toBe('Take over changes made elsewhere');
  model.undo();
  model.undo();
  expect(model.whole).toEqual(opened);
  model.goTo(2);
  expect(model.whole).toEqual(theirs);
});

test('changes that follow each other elsewhere are one step', () => {
  const model = store();
  model.saved.adopt(elsewhere(model.whole, 'one'), 2);
  model.saved.adopt(elsewhere(model.whole, 'two'), 3);
  model.saved.adopt(elsewhere(model.whole, 'two'), 4);
  expect(model.steps.labels).toHaveLength(1);
  expect(model.whole.name).toBe('two');
  model.undo();
  expect(model.whole).toEqual(opened);
});
