import { expect, it } from 'vitest';
import { addNode, createNode, setParameter } from '../../src-shared/document/edits/edits.ts';
import { createHistory, seal, undo, type History } from '../../src-shared/document/history/history.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { mlpDocument } from '../support/documents.ts';
import { performChange } from '../support/apply-and-undo.ts';

const document = mlpDocument();
const layer = document.nodes.find(({ kind }) => kind === 'Dense')!;
const units = layer.params['units']!;

/** Types values one after the other into the layer's field. */
const typed = (history: History<ModelDocument>, ...values: number[]): History<ModelDocument> =>
  values.reduce((now, value) => performChange(now, setParameter(now.documents, [layer.id], 'units', value)!), history);

it('drops a step whose result equals its start', () => {
  const before = createHistory(document);
  const after = typed(before, 5, 55, Number(units));
  expect(after.done).toEqual([]);
  expect(after.documents).toEqual(document);
});

it('keeps earlier steps after a dropped one, and starts a new step', () => {
  const node = createNode(document, 'Dropout', { x: 0, y: 0 }, () => 'new');
  const added = seal(performChange(createHistory(document), addNode(document, node)));
  const back = typed(added, 5, Number(units));
  expect(back.done.map(({ label }) => label)).toEqual(added.done.map(({ label }) => label));
  const again = typed(back, 7);
  expect(again.done).toHaveLength(2);
  expect(undo(again).documents).toEqual(added.documents);
});

it('keeps a step with another result', () => {
  const after = typed(createHistory(document), Number(units) + 1, Number(units) + 2);
  expect(after.done).toHaveLength(1);
  expect(undo(after).documents).toEqual(document);
});
