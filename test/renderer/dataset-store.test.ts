import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DatasetStore } from '../../src-renderer/state/dataset-store.svelte.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import { openedDocuments } from './opened-documents.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A data set of 80 training rows that is read; core does not answer later requests. */
async function opened() {
  const documents = openedDocuments();
  let asked = 0;
  const read = { spec: { columns: [] }, rows: { train: 80, validation: 10, test: 10, dropped: 0 } };
  const client = {
    request: () => ((asked += 1) === 1 ? Promise.resolve(read) : new Promise(() => {})),
  } as unknown as LaminaClient;
  const dataset = new DatasetStore(client, documents);
  const edit = (patch: Partial<DatasetDocument>) =>
    dataset.edit({ ...dataset.document, ...patch }, { label: 'Edit the data settings' });
  edit({ source: { kind: 'csv', path: 'houses.csv' } as DatasetDocument['source'] });
  await vi.advanceTimersByTimeAsync(1000);
  expect(dataset).toMatchObject({ preparing: false, rows: { train: 80 } });
  return { dataset, edit };
}

test('while other files are read, columns and counts of the files before are not known', async () => {
  const { dataset, edit } = await opened();
  edit({ source: { ...dataset.document.source, path: 'flats.csv' } as DatasetDocument['source'] });
  expect(dataset).toMatchObject({ preparing: true, rows: null, features: null });
});

test('while other settings of the same files are applied, the earlier counts stay, marked as earlier', async () => {
  const { dataset, edit } = await opened();
  edit({ split: { ...dataset.document.split, train: 0.5 } });
  expect(dataset).toMatchObject({ preparing: true, rows: { train: 80 } });
});
