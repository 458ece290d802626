import { expect, it } from 'vitest';
import { ModelStore } from '../../src-renderer/state/model-store.svelte.ts';
import { RunningModel } from '../../src-renderer/state/running-model.svelte.ts';
import { RunsStore } from '../../src-renderer/state/runs-store.svelte.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';
import { defaultTrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { openedDocuments } from './opened-documents.ts';
import { runSummary } from './run-summary.ts';

const spec: FeatureSpec = {
  columns: ['a', 'b', 'c'].map((name) => {
    return { type: 'numeric' as const, name, offset: 0, scale: 1, fill: null, min: 0, max: 1 };
  }),
  inputShape: [3],
  targets: [{ kind: 'numeric', name: 'y', offset: 0, scale: 1, standardDeviation: 1 }],
  weight: null,
};

it('"a running model is analyzed with the run\'s recorded feature spec"', async () => {
  // The Input reads columns that the project's data set may no longer have.
  const document = sequentialDocument([dense(2, 'linear', { name: 'hidden' }), dense(1, 'linear', { name: 'y' })]);
  const input = document.nodes.find(({ kind }) => kind === 'Input')!;
  input.params = { ...input.params, columns: ['a', 'c'] };
  const summary = runSummary({ state: 'running' });
  const record = {
    ...summary,
    model: document,
    featureSpec: spec,
    configuration: defaultTrainingConfiguration,
    dataset: null,
  };
  const client = {
    request: (name: string) => Promise.resolve(name === 'runs.get' ? record : [summary]),
    on: () => () => {},
  } as unknown as LaminaClient;
  const runs = new RunsStore(client);
  await runs.refresh();
  const model = new ModelStore(openedDocuments({ model: document }));
  const running = new RunningModel(runs, model);
  await expect.poll(() => running.document).toEqual(document);
  expect(['hidden', 'y'].map((id) => running.trains(id))).toEqual([true, true]);
  expect(running.trains(input.id)).toBe(false);
});
