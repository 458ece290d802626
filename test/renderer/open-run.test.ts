import { expect, test } from 'vitest';
import { openRun, type OpeningStores } from '../../src-renderer/features/runs/open-run.ts';
import { EditorStore } from '../../src-renderer/state/editor-store.svelte.ts';
import { ModelStore } from '../../src-renderer/state/model-store.svelte.ts';
import { Toasts } from '../../src-renderer/state/toasts.svelte.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { renameDocument } from '../../src-shared/document/edits/edits.ts';
import type { RunRecord } from '../../src-shared/training/run/run.ts';
import { configurationWith } from '../support/documents.ts';
import { openedDocuments } from './opened-documents.ts';
import { runSummary } from './run-summary.ts';

const run = runSummary({ id: 'a', number: 4 });

/** The stores that opening a run needs, where core answers with this record. */
function stores(record: () => Promise<Partial<RunRecord>>, mayEdit = true) {
  const documents = openedDocuments();
  const toasts = new Toasts();
  const opening = {
    documents,
    editor: new EditorStore(),
    model: new ModelStore(documents),
    project: { mayEdit: () => mayEdit },
    runs: { records: { get: async () => ({ ...run, commands: [], ...(await record()) }) } },
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

test('the message says if settings were changed while the run trained', async () => {
  const command = { kind: 'set', patch: { epochs: 9 } } as const;
  const commands = [{ seq: 1, step: 4, epoch: 1, at: '', command }];
  const [plain, changed] = [[], commands].map((list) =>
    stores(() => Promise.resolve({ configuration: configurationWith({ epochs: 7 }), commands: list })),
  );
  await Promise.all([plain!, changed!].map((opening) => openRun(opening, run)));
  const [before, after] = [plain!, changed!].map(({ toasts }) => toasts.list[0]!.message);
  expect(after).toMatch(/^(.+) Changes made while it trained/);
  expect(after!.startsWith(before!)).toBe(true);
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
