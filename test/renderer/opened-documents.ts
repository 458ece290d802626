import { DocumentsStore } from '../../src-renderer/state/documents-store.svelte.ts';
import type { ProjectDocuments } from '../../src-renderer/state/documents-store.svelte.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { ProjectSnapshot } from '../../src-shared/contract/contract.ts';
import { DATASET_FORMAT, DATASET_VERSION } from '../../src-shared/data/dataset-document.ts';
import { configurationWith, mlpDocument } from '../support/documents.ts';

/** The documents of an open project; core saves every edit. */
export function openedDocuments(opened: Partial<ProjectDocuments> = {}): DocumentsStore {
  const client = { request: () => Promise.resolve({ revision: 2, setAside: [] }) } as unknown as LaminaClient;
  const revisions = { modelRevision: 1, datasetRevision: 1, configurationRevision: 1 };
  const dataset = {
    format: DATASET_FORMAT,
    version: DATASET_VERSION,
    name: 'data',
    source: { kind: 'csv', path: '' },
    columns: [],
    split: { train: 0.8, validation: 0.1, test: 0.1, seed: 1, stratify: false },
  };
  const documents = { model: mlpDocument(), dataset, configuration: configurationWith({}) };
  const snapshot = { ...documents, ...opened, ...revisions } as ProjectSnapshot;
  return new DocumentsStore(client, snapshot, { mayEdit: () => true, keptAside: () => {} });
}
