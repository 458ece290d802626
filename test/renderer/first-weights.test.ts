import { expect, test } from 'vitest';
import { meansTheSame } from '../../src-renderer/state/means-the-same.ts';
import { setWeights } from '../../src-shared/document/edits/edits.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import { mlpDocument } from '../support/documents.ts';
import { openedDocuments } from './opened-documents.ts';

const weights = { artifact: 'b'.repeat(64), label: 'run 2, best weights, epoch 5' };

test('the files that a history names include those of undone steps', () => {
  const documents = openedDocuments();
  expect(documents.namedWeights).toEqual([]);
  const change = setWeights(weights);
  documents.perform({ model: applyChange(documents.current.model, change) }, change);
  expect(documents.namedWeights).toEqual([weights.artifact]);
  documents.undo();
  expect(documents.current.model.weights).toBeUndefined();
  expect(documents.namedWeights).toEqual([weights.artifact]);
});

test('other first weights change the meaning of a model', () => {
  const model = mlpDocument();
  const named = applyChange(model, setWeights(weights));
  expect(meansTheSame(model, named)).toBe(false);
  expect(applyChange(named, setWeights(null))).toEqual(model);
});
