import { expect, test } from 'vitest';
import { openRun, type OpeningStores } from '../../src-renderer/features/runs/open-run.ts';
import { EditorStore } from '../../src-renderer/state/editor-store.svelte.ts';
import { ModelStore } from '../../src-renderer/state/model-store.svelte.ts';
import { RunsStore } from '../../src-renderer/state/runs-store.svelte.ts';
import { Toasts } from '../../src-renderer/state/toasts.svelte.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { renameDocument } from '../../src-shared/document/edits/edits.ts';
import type { RecordedCommand, SettingsPatch } from '../../src-shared/training/commands/run-command.ts';
import type { RunRecord } from '../../src-shared/training/run/run.ts';
import { configurationWith } from '../support/documents.ts';
import { openedDocuments } from './opened-documents.ts';
import { runSummary } from './run-summary.ts';

const run = runSummary({ id: 'a', number: 4 });

/** The stores that opening a run needs, where core answers with this record. */
function stores(record: () => Promise<Partial<RunRecord>>, mayEdit = true) {
  const documents = openedDocuments();
  const toasts = new Toasts();
  const client = {
    request: async () => ({ ...documents.current, ...run, commands: [], startStep: 0, ...(await record()) }),
    on: () => () => {},
  } as unknown as LaminaClient;
  const runs = new RunsStore(client);
  runs.list = [run];
  const opening = {
    documents,
    editor: new EditorStore(),
    model: new ModelStore(documents),
    project: { mayEdit: () => mayEdit },
    runs,
    steps: { current: 'runs' },
    toasts,
  };
  return opening as unknown as OpeningStores & typeof opening;
}

globalThis.requestAnimationFrame ??= () => 0;

test('opening a run replaces model, data and configuration in one step; one undo restores all three', async () => {
  const opening = stores(() => Promise.resolve(recorded));
  const { documents } = opening;
  const before = documents.current;
  const recorded = {
    model: { ...before.model, name: 'earlier' },
    dataset: { ...before.dataset, name: 'earlier data' },
    configuration: configurationWith({ epochs: 77 }),
  };
  await openRun(opening, run);
  expect(documents.current).toEqual(recorded);
  expect(documents.steps.labels).toEqual(['Open run 4']);
  expect(opening.steps.current).toBe('model');
  documents.undo();
  expect(documents.current).toEqual(before);
  documents.redo();
  expect(documents.current).toEqual(recorded);
  expect(documents.saved.configuration.value).toEqual(recorded.configuration);
});

test('edits before and after opening a run stay separate steps', async () => {
  const opening = stores(() => Promise.resolve({ ...opened.current, configuration: configurationWith({ epochs: 9 }) }));
  const { documents: opened, model } = opening;
  const before = opened.current;
  model.performOnWhole(renameDocument('mine'));
  await openRun(opening, run);
  model.performOnWhole(renameDocument('later'));
  expect(opened.steps.labels).toEqual(['Rename model', 'Open run 4', 'Rename model']);
  opened.goTo(1);
  expect(opened.current).toEqual({ ...before, model: { ...before.model, name: 'mine' } });
});

test('the offer to undo ends with the next edit', async () => {
  const opening = stores(() => Promise.resolve({ ...opening.documents.current, configuration: configurationWith({}) }));
  opening.documents.perform({ configuration: configurationWith({ epochs: 3 }) }, { label: 'Set epochs' });
  await openRun(opening, run);
  const [toast] = opening.toasts.list;
  expect(toast?.holds?.()).toBe(true);
  toast?.action?.run();
  expect(opening.documents.current.configuration.epochs).toBe(3);
  expect(toast?.holds?.()).toBe(false);
});

test('a run that equals the project adds no step', async () => {
  const opening = stores(() => Promise.resolve(structuredClone(opening.documents.current)));
  const { documents } = opening;
  await openRun(opening, run);
  expect(documents.steps.labels).toEqual([]);
  expect(opening.toasts.list).toMatchObject([{ tone: 'info' }]);
  expect(opening.toasts.list[0]?.action).toBeUndefined();
});

/** Settings of the run that is opened, which has made 30 steps. */
const set = (seq: number, step: number, patch: SettingsPatch): RecordedCommand => ({
  ...{ seq, step, epoch: 0, at: '2026-11-20T08:00:00.000Z' },
  command: { kind: 'set', patch },
});

test('settings that changed while the run trained come back with it, and the message says so', async () => {
  const configuration = configurationWith({ epochs: 7 });
  const frozen = [{ layer: 'hidden1', frozen: true }];
  const commands = [set(1, 4, { epochs: 9, frozen }), set(2, 8, { learningRate: 0.5 })];
  const [plain, changed] = [[], commands].map((list) =>
    stores(() => Promise.resolve({ configuration, commands: list })),
  );
  const before = changed!.documents.current;
  await Promise.all([plain!, changed!].map((opening) => openRun(opening, run)));
  expect(plain!.documents.current).toEqual({ ...before, configuration });
  const { documents } = changed!;
  expect(documents.current.configuration).toMatchObject({ epochs: 9, optimizer: { learningRate: 0.5 } });
  expect(documents.current.model.nodes.filter((node) => node.frozen).map(({ name }) => name)).toEqual(['hidden1']);
  documents.undo();
  expect(documents.current).toEqual(before);
  const sentences = [plain!, changed!].map(({ toasts }) => toasts.list[0]!.message.split(/(?<=\.) /).length);
  expect(sentences).toEqual([1, 2]);
});

test('settings that the run has not reached, or that its configuration has, do not change what is opened', async () => {
  // It resumes another run at step 10: its configuration has the settings up to there.
  const commands = [set(1, 4, { epochs: 5 }), set(2, 40, { epochs: 99 })];
  const opening = stores(() =>
    Promise.resolve({ configuration: configurationWith({ epochs: 7 }), commands, startStep: 10 }),
  );
  await openRun(opening, run);
  expect(opening.documents.current.configuration.epochs).toBe(7);
});

test('a run that cannot be read changes nothing', async () => {
  const opening = stores(() => Promise.reject(new AppError('runs/unreadable', 'damaged')));
  const before = opening.documents.current;
  await openRun(opening, run);
  expect(opening.documents.current).toBe(before);
  expect(opening.steps.current).toBe('runs');
  expect(opening.toasts.list).toMatchObject([{ tone: 'fail', code: 'runs/unreadable' }]);
});

test('a read-only project does not change', async () => {
  const opening = stores(() => Promise.resolve({ configuration: configurationWith({ epochs: 9 }) }), false);
  await openRun(opening, run);
  expect(opening.documents.steps.labels).toEqual([]);
  expect(opening.steps.current).toBe('runs');
});
