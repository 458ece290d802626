import { expect, test } from 'vitest';
import { ConfigurationStore } from '../../src-renderer/state/configuration-store.svelte.ts';
import { DatasetStore } from '../../src-renderer/state/dataset-store.svelte.ts';
import { ModelStore } from '../../src-renderer/state/model-store.svelte.ts';
import { configurationStep, datasetStep } from '../../src-renderer/terms/step-names.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import { renameDocument } from '../../src-shared/document/edits/edits.ts';
import { openedDocuments } from './opened-documents.ts';

function opened() {
  const documents = openedDocuments();
  const client = { request: () => new Promise(() => {}) } as unknown as LaminaClient;
  return {
    documents,
    model: new ModelStore(documents),
    dataset: new DatasetStore(client, documents),
    configuration: new ConfigurationStore(documents),
  };
}

test('one history covers model, data set and training configuration in the order of the edits', () => {
  const { documents, model, dataset, configuration } = opened();
  const versions = [documents.current];
  const split = { ...dataset.document, split: { ...dataset.document.split, seed: 7 } };
  dataset.edit(split, datasetStep(dataset.document, split));
  versions.push(documents.current);
  model.performOnWhole(renameDocument('other'));
  versions.push(documents.current);
  configuration.edit({ epochs: 3 }, configurationStep({ epochs: 3 }));
  versions.push(documents.current);
  expect(documents.steps.labels).toEqual(['Set split', 'Rename model', 'Set epochs to 3']);
  for (const version of versions.slice(0, -1).toReversed()) {
    documents.undo();
    expect(documents.current).toEqual(version);
  }
  documents.goTo(3);
  expect(documents.current).toEqual(versions[3]);
});

test('values typed into one field are one step until the field is left', () => {
  const { documents, configuration } = opened();
  for (const epochs of [1, 12, 120]) configuration.edit({ epochs }, configurationStep({ epochs }));
  documents.seal();
  configuration.edit({ epochs: 5 }, configurationStep({ epochs: 5 }));
  configuration.edit({ batchSize: 8 }, configurationStep({ batchSize: 8 }));
  expect(documents.steps.labels).toEqual(['Set epochs to 120', 'Set epochs to 5', 'Set batch size to 8']);
});

test('undo and redo of a data set save and prepare it again', () => {
  const { documents, dataset } = opened();
  const source = { ...dataset.document, source: { kind: 'csv', path: 'x.csv' } } as typeof dataset.document;
  dataset.edit(source, datasetStep(dataset.document, source));
  expect([dataset.chosen, dataset.preparing]).toEqual([true, true]);
  documents.undo();
  expect([dataset.chosen, documents.saved.dataset.value]).toEqual([false, documents.current.dataset]);
  documents.redo();
  expect(dataset.preparing).toBe(true);
});

test('a preparation that waits for further edits can be cancelled', () => {
  const { dataset } = opened();
  const source = { ...dataset.document, source: { kind: 'csv', path: 'x.csv' } } as typeof dataset.document;
  dataset.edit(source, datasetStep(dataset.document, source));
  dataset.cancel();
  expect([dataset.preparing, dataset.error?.code]).toEqual([false, 'request/cancelled']);
});

test('undo of an edit to one document keeps the identity of the others', () => {
  const { documents, configuration } = opened();
  const { model, dataset } = documents.current;
  configuration.edit({ seed: 3 }, configurationStep({ seed: 3 }));
  documents.undo();
  expect([documents.current.model === model, documents.current.dataset === dataset]).toEqual([true, true]);
});
