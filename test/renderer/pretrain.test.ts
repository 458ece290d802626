import { describe, expect, test, vi } from 'vitest';
import { pretrain } from '../../src-renderer/features/model/pretraining/pretrain.ts';
import { ConfigurationStore } from '../../src-renderer/state/configuration-store.svelte.ts';
import { ModelStore } from '../../src-renderer/state/model-store.svelte.ts';
import { RunsStore } from '../../src-renderer/state/runs-store.svelte.ts';
import type { Stores } from '../../src-renderer/state/stores.ts';
import { Toasts } from '../../src-renderer/state/toasts.svelte.ts';
import { Training } from '../../src-renderer/state/training.svelte.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { RequestParams } from '../../src-shared/contract/contract.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { autoencoderUpTo, layerByLayer } from '../../src-shared/starting-points/pretraining/autoencoder.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import { classFeatures, dense, sequentialDocument } from '../support/documents.ts';
import { openedDocuments } from './opened-documents.ts';
import { runSummary } from './run-summary.ts';

const document = sequentialDocument([
  dense(5, 'relu', { name: 'first' }),
  dense(4, 'relu', { name: 'second' }),
  dense(3, 'softmax', { name: 'classes' }),
]);
const features = classFeatures([6], 3);
const noise = { kind: 'none', amount: 0 } as const;
const before = { artifact: 'a'.repeat(64), label: 'base' };
const after = { artifact: 'b'.repeat(64), label: 'run 2, best weights, epoch 3' };

/** Trains the layers one after the other; each run ends in this state. */
async function trained(state: RunSummary['state']) {
  const started: RequestParams<'training.start'>[] = [];
  const kept: RequestParams<'weights.keepOver'>[] = [];
  let changed: (event: { summary: RunSummary }) => void = () => {};
  const client = {
    on: (name: string, listener: typeof changed) => {
      if (name === 'run.changed') changed = listener;
      return () => {};
    },
    request: (name: string, params: never) => {
      if (name === 'weights.keepOver') {
        kept.push(params);
        return Promise.resolve(after);
      }
      started.push(params);
      const number = started.length;
      setTimeout(() => changed({ summary: { ...runSummary({ id: `run-${number}`, number }), state } }));
      return Promise.resolve({ runId: `run-${number}` });
    },
  } as unknown as LaminaClient;
  const documents = openedDocuments({ model: { ...document, weights: before } });
  const stores = {
    documents,
    model: new ModelStore(documents),
    configuration: new ConfigurationStore(documents),
    dataset: { document: documents.current.dataset },
    runs: new RunsStore(client),
    project: { mayEdit: () => true, readOnly: null },
    layout: { showDrawer: vi.fn() },
    toasts: new Toasts(),
  } as unknown as Stores;
  const training = new Training(stores);
  const { nodes } = analyze(document, features);
  const end = document.nodes.find(({ name }) => name === 'second')!;
  const parts = layerByLayer(document, end, nodes);
  let ids = 0;
  const autoencoders = parts.map((part) =>
    autoencoderUpTo(document, part, features, nodes, noise, () => `new ${ids++}`),
  );
  await pretrain({ ...stores, training }, autoencoders, 3);
  return { documents, started, kept, autoencoders };
}

test('trains each autoencoder from the weights of the one before; then the model names the last, in one step', async () => {
  const { documents, started, kept, autoencoders } = await trained('completed');
  expect(started.map(({ documents: given }) => given!.model)).toEqual(autoencoders.map((each) => each.document));
  expect(started.map(({ documents: given }) => given!.configuration.epochs)).toEqual([3, 3]);
  expect(started[0]!.documents!.dataset.targets).toBe('unread');
  expect(started[0]!.continueFrom).toBeUndefined();
  expect(started[1]!.continueFrom).toMatchObject({ runId: 'run-1', mode: 'weights' });
  expect(kept).toMatchObject([{ runId: 'run-2', over: before }]);
  expect(documents.current.model.weights).toEqual(after);
  documents.undo();
  expect(documents.current.model.weights).toEqual(before);
});

test('stops after a run that is not completed, and the model keeps its weights', async () => {
  const { documents, started, kept } = await trained('stopped');
  expect(started).toHaveLength(1);
  expect(kept).toEqual([]);
  expect(documents.current.model.weights).toEqual(before);
});

describe('a window that is opened after a run has pretrained layers', () => {
  const layers = sequentialDocument([dense(5, 'relu', { name: 'first' })]);
  const unread = { targets: 'unread' };

  /** @param changes Of the run and its record. */
  async function reopened({
    run = runSummary({ number: 2 }),
    model = document,
    record = { dataset: unread, model: layers } as object,
    later = [] as readonly RunSummary[],
  } = {}) {
    const kept: unknown[] = [];
    const client = {
      on: () => () => {},
      request: (name: string, params: unknown) => {
        if (name === 'runs.list') return Promise.resolve([run, ...later]);
        if (name === 'runs.get') return Promise.resolve({ ...run, ...record });
        kept.push([name, params]);
        return Promise.resolve(after);
      },
    } as unknown as LaminaClient;
    const documents = openedDocuments({ model });
    const runs = new RunsStore(client);
    const stores = {
      documents,
      runs,
      model: new ModelStore(documents),
      project: { mayEdit: () => true, readOnly: null },
      toasts: new Toasts(),
    } as unknown as Stores;
    await runs.refresh();
    await Promise.all(runs.list.map(({ id }) => runs.records.get(id)));
    return { training: new Training(stores), documents, kept, run };
  }

  test('offers its weights; taken, those of other layers stay, in one step', async () => {
    const { training, documents, kept, run } = await reopened({ model: { ...document, weights: before } });
    expect(training.pretrained?.id).toBe(run.id);
    await training.takePretrained(run);
    expect(kept).toEqual([['weights.keepOver', { runId: run.id, checkpoint: 'last', over: before }]]);
    expect(documents.current.model.weights).toEqual(after);
    expect(training.pretrained).toBeNull();
    documents.undo();
    expect(documents.current.model.weights).toEqual(before);
  });

  const made = { dataset: { made: { kind: 'rotation', column: 'rotation' } }, model: layers };
  test('offers those of a run with a made target', async () => {
    expect((await reopened({ record: made })).training.pretrained).not.toBeNull();
  });

  test.each([
    ['a run that was stopped', { run: runSummary({ state: 'stopped' }) }],
    ['weights that the model has', { model: { ...document, weights: after } }],
    ['a run with labels', { record: { dataset: {}, model: layers } }],
    ['layers of another model', { record: { dataset: unread, model: sequentialDocument([dense(5)]) } }],
    ['a run before the newest', { later: [runSummary({ id: 'later', number: 3, state: 'failed' })] }],
  ])('offers nothing of %s', async (_, given) => {
    expect((await reopened({ run: runSummary({ number: 2 }), ...given })).training.pretrained).toBeNull();
  });
});
