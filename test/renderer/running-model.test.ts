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

it('a running model has the layers frozen that its commands froze, once they are applied', async () => {
  const document = sequentialDocument([dense(2, 'linear', { name: 'hidden' }), dense(1, 'linear', { name: 'y' })]);
  const summary = runSummary({ state: 'running', stepsDone: 0 });
  const set = (seq: number, step: number, layer: string) => ({
    seq,
    step,
    epoch: 0,
    at: '2026-11-20T08:00:00.000Z',
    command: { kind: 'set', patch: { frozen: [{ layer, frozen: true }] } } as const,
  });
  // The run repeats one that applied these commands.
  const record = { ...summary, model: document, startStep: 0, commands: [set(1, 5, 'hidden'), set(2, 50, 'y')] };
  const listeners = new Map<string, (payload: object) => void>();
  const client = {
    request: (name: string) => Promise.resolve(name === 'runs.get' ? record : [summary]),
    on: (name: string, listener: (payload: object) => void) => {
      listeners.set(name, listener);
      return () => {};
    },
  } as unknown as LaminaClient;
  const runs = new RunsStore(client);
  await runs.refresh();
  const running = new RunningModel(runs, new ModelStore(openedDocuments({ model: document })));
  await expect.poll(() => running.document).toEqual(document);
  const frozen = () => running.document?.nodes.filter((node) => node.frozen).map(({ name }) => name);
  const progressTo = (step: number) => listeners.get('run.progress')?.({ runId: 'run', step, seq: step, points: [] });
  progressTo(4);
  expect(frozen()).toEqual([]);
  progressTo(6);
  expect(frozen()).toEqual(['hidden']);
  progressTo(60);
  expect(frozen()).toEqual(['hidden', 'y']);
});
