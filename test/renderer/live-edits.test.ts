import { expect, test } from 'vitest';
import { ConfigurationStore } from '../../src-renderer/state/configuration-store.svelte.ts';
import { applyFix } from '../../src-renderer/features/model/inspector/apply-fix.ts';
import { differsInSettings, LiveEdits } from '../../src-renderer/state/live-edits.svelte.ts';
import { ModelStore } from '../../src-renderer/state/model-store.svelte.ts';
import { RunningModel } from '../../src-renderer/state/running-model.svelte.ts';
import { RunsStore } from '../../src-renderer/state/runs-store.svelte.ts';
import { Toasts } from '../../src-renderer/state/toasts.svelte.ts';
import { settingStep } from '../../src-renderer/terms/step-names.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { setFrozenCopies, setFrozenPath } from '../../src-shared/document/blocks/block-freezing.ts';
import { rename } from '../../src-shared/document/edits/edits.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { EventPayload } from '../../src-shared/contract/contract.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { RecordedCommand, SettingsPatch } from '../../src-shared/training/commands/run-command.ts';
import { earlyStoppingSchema } from '../../src-shared/training/callbacks/early-stopping.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import { chainBlock, chainModel, layer, use } from '../support/block-documents.ts';
import { configurationWith, mlpDocument } from '../support/documents.ts';
import { openedDocuments } from './opened-documents.ts';
import { runSummary } from './run-summary.ts';

const adam = { kind: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;

/** A window with a run in progress that trains with the settings of `trained`. */
async function opened({
  state = 'running',
  trained = {},
  commands = [],
  startStep = 0,
  drawn = mlpDocument(),
}: {
  drawn?: ModelDocument;
  state?: RunSummary['state'];
  trained?: Partial<TrainingConfiguration>;
  commands?: readonly RecordedCommand[];
  startStep?: number;
} = {}) {
  const documents = openedDocuments({ model: drawn });
  const summary = runSummary({ state, endedAt: null });
  const record = {
    ...summary,
    model: documents.current.model,
    configuration: configurationWith(trained),
    commands,
    startStep,
  };
  const sent: SettingsPatch[] = [];
  /** Ids of the runs that the commands were sent to. */
  const receivers: string[] = [];
  let refuses = false;
  const listeners = new Map<string, ((payload: never) => void)[]>();
  const client = {
    request: (name: string, params: { runId: string; command: { patch: SettingsPatch } }) => {
      if (name === 'runs.list') return Promise.resolve([summary]);
      if (name === 'runs.get') return Promise.resolve(record);
      if (refuses) return Promise.reject(new AppError('run/command-refused', 'refused'));
      sent.push(params.command.patch);
      receivers.push(params.runId);
      return Promise.resolve({});
    },
    on: (name: string, listener: (payload: never) => void) => {
      listeners.set(name, [...(listeners.get(name) ?? []), listener]);
      return () => {};
    },
  } as unknown as LaminaClient;
  const runs = new RunsStore(client);
  const toasts = new Toasts();
  await runs.refresh();
  await runs.records.get(summary.id);
  const model = new ModelStore(documents);
  const live = new LiveEdits({ documents, model, running: new RunningModel(runs, model), runs, toasts });
  const configuration = new ConfigurationStore(documents);
  return {
    documents,
    runs,
    live,
    model,
    toasts,
    sent,
    receivers,
    refuse: () => (refuses = true),
    set: (patch: Partial<TrainingConfiguration>) =>
      live.edit(() =>
        configuration.edit(patch, settingStep(configuration.value, { ...configuration.value, ...patch })),
      ),
    refused: (patch: SettingsPatch) => {
      for (const listener of listeners.get('run.refused') ?? []) {
        (listener as (payload: EventPayload<'run.refused'>) => void)({
          runId: summary.id,
          command: { kind: 'set', patch },
        });
      }
    },
    changed: (run: RunSummary) => {
      for (const listener of listeners.get('run.changed') ?? []) {
        (listener as (payload: EventPayload<'run.changed'>) => void)({ summary: run });
      }
    },
  };
}

const rate = (learningRate: number) => ({ optimizer: { ...adam, learningRate } });

test('what is typed into a field is one step and one command, sent when the field is left', async () => {
  const { set, live, sent, documents } = await opened();
  for (const epochs of [1, 12, 120]) set({ epochs });
  expect(sent).toEqual([]);
  live.commit();
  expect(sent).toEqual([{ epochs: 120 }]);
  expect(documents.steps.labels).toEqual(['Set epochs to 120']);
  live.commit();
  expect(sent).toHaveLength(1);
});

test('undo sends what the run had before, redo sends the edit again', async () => {
  // The run repeats another one: its rate is not the project's.
  const { set, live, sent, documents } = await opened({ trained: rate(0.1) });
  set(rate(0.01));
  live.commit();
  set(rate(0.003));
  live.commit();
  expect(documents.steps.labels).toEqual(['Set learning rate to 0.01', 'Set learning rate to 0.003']);
  documents.undo();
  documents.undo();
  documents.redo();
  expect(sent.map(({ learningRate }) => learningRate)).toEqual([0.01, 0.003, 0.01, 0.1, 0.01]);
  expect(documents.current.configuration.optimizer.learningRate).toBe(0.01);
});

test('a person prepares another run: edits leave the run in progress as it is until they apply to it again', async () => {
  const { set, live, sent, documents, model, toasts } = await opened({ trained: rate(0.001) });
  set({ epochs: 50 });
  live.applyToNewRunsOnly(true);
  expect(sent).toEqual([{ epochs: 50 }]);
  expect([live.newRunsOnly, live.run, live.trainingRun?.number]).toEqual([true, null, 1]);
  set(rate(0.1));
  live.commit();
  documents.undo();
  documents.redo();
  const [layer] = model.whole.nodes.filter(({ kind }) => kind === 'Dense');
  live.freeze(() => model.setFrozen([layer!.id], true));
  expect(toasts.list.map(({ message }) => message)).toEqual([expect.stringContaining('new runs only')]);
  expect(sent).toHaveLength(1);
  expect(live.settings?.learningRate).toBe(0.001);
  live.applyToNewRunsOnly(false);
  set(rate(0.01));
  live.commit();
  expect(sent.slice(1)).toEqual([{ learningRate: 0.01 }]);
});

test('edits apply to the next run in progress, also if they left the run before as it was', async () => {
  const { live, runs, changed } = await opened();
  live.applyToNewRunsOnly(true);
  changed({ ...runs.list[0]!, state: 'completed' });
  expect([live.newRunsOnly, live.trainingRun]).toEqual([false, null]);
  changed(runSummary({ id: 'next', number: 2, state: 'running', endedAt: null }));
  expect([live.newRunsOnly, live.run?.number]).toEqual([false, 2]);
});

test('a run that resumes another one trains with its configuration and with what changed since its start', async () => {
  const at = (seq: number, step: number, when: string, patch: SettingsPatch) => ({
    seq,
    step,
    epoch: 0,
    at: when,
    command: { kind: 'set', patch } as const,
  });
  const before = '2026-11-20T08:00:00.000Z';
  const { live } = await opened({
    trained: { epochs: 90 },
    startStep: 20,
    commands: [
      at(1, 10, before, { epochs: 50, learningRate: 0.5 }),
      // Applied at the step of the checkpoint: the configuration does not have it.
      at(2, 20, before, { learningRate: 0.25 }),
      // The run that it resumes applied this one after step 30, which this run has not reached.
      at(3, 31, before, { learningRate: 0.125 }),
      at(4, 28, '2026-11-21T08:00:30.000Z', { epochs: 95 }),
    ],
  });
  expect(live.settings).toEqual({ learningRate: 0.25, epochs: 95 });
});

test('a run whose trainer refuses a setting trains with the one before', async () => {
  const { set, live, refused } = await opened({ trained: { epochs: 90 } });
  set({ epochs: 5 });
  live.commit();
  expect(live.settings?.epochs).toBe(5);
  refused({ epochs: 5 });
  expect(live.settings?.epochs).toBe(90);
});

test('a setting that the run already has is not sent, nor the undo of a refused one', async () => {
  const { set, live, sent, documents, refused } = await opened({ trained: { epochs: 90 } });
  set({ epochs: 5 });
  live.commit();
  refused({ epochs: 5 });
  set({ epochs: 90 });
  live.commit();
  documents.undo();
  documents.undo();
  expect(sent).toEqual([{ epochs: 5 }]);
});

test('a setting that the run had before a change on its way is sent', async () => {
  const { set, live, sent } = await opened({ trained: { epochs: 90 } });
  set({ epochs: 50 });
  live.commit();
  set({ epochs: 90 });
  live.commit();
  expect(sent).toEqual([{ epochs: 50 }, { epochs: 90 }]);
});

test('a setting that a run has not applied before its end is not one of its settings', async () => {
  const { set, live, runs, changed } = await opened({ trained: { epochs: 90 } });
  set({ epochs: 120 });
  live.commit();
  const [run] = runs.list;
  const record = await runs.records.get(run!.id);
  expect(runs.changesOf(record)).toEqual([{ epochs: 120 }]);
  changed(runSummary({ state: 'interrupted' }));
  expect(runs.changesOf(record)).toEqual([]);
});

test('several steps undone at once are one command', async () => {
  const { set, live, sent, documents } = await opened();
  const { epochs } = documents.current.configuration;
  set(rate(0.01));
  live.commit();
  set({ epochs: 50 });
  live.commit();
  set(rate(0.003));
  live.commit();
  documents.goTo(0);
  expect(sent.slice(3)).toEqual([{ learningRate: 0.001, epochs }]);
});

test('an edit undone before the field is left sends nothing', async () => {
  const { set, live, sent, documents } = await opened();
  set({ epochs: 12 });
  documents.undo();
  live.commit();
  expect(sent).toEqual([]);
});

test('nothing is sent to a run that takes no settings, nor by undo after the run has ended', async () => {
  const stopping = await opened({ state: 'stopping' });
  stopping.set({ epochs: 12 });
  stopping.live.commit();
  expect([stopping.sent, stopping.live.settings]).toEqual([[], null]);
  const { set, live, sent, documents, changed } = await opened({ state: 'paused' });
  set({ epochs: 12 });
  live.commit();
  changed(runSummary({ state: 'completed' }));
  documents.undo();
  expect(sent).toEqual([{ epochs: 12 }]);
});

test('undo reaches the run that took the edit, also while another run is selected', async () => {
  const { set, live, sent, receivers, documents, runs, changed } = await opened({ state: 'paused' });
  set({ epochs: 12 });
  live.commit();
  changed(runSummary({ id: 'other', number: 2, state: 'running' }));
  runs.selectedId = 'other';
  expect(live.run?.id).toBe('other');
  documents.undo();
  expect(sent).toEqual([{ epochs: 12 }, { epochs: 10 }]);
  expect(receivers).toEqual(['run', 'run']);
});

test('a refused command is reported, the document keeps the edit, and undo sends nothing', async () => {
  const { set, live, sent, documents, toasts, refuse } = await opened();
  refuse();
  set({ epochs: 12 });
  live.commit();
  await expect.poll(() => toasts.list.map(({ code }) => code)).toEqual(['run/command-refused']);
  expect(live.settings).toMatchObject({ epochs: 10 });
  documents.undo();
  expect([sent, toasts.list.length]).toEqual([[], 1]);
});

test('only learning rate, epochs and patience can change while a run trains', () => {
  const early = earlyStoppingSchema.parse({ monitor: 'val_loss', patience: 3 });
  const before = configurationWith({ earlyStopping: early });
  const after = (patch: Partial<TrainingConfiguration>) => differsInSettings(before, { ...before, ...patch });
  expect([
    after(rate(0.5)),
    after({ epochs: 99 }),
    after({ earlyStopping: { ...early, patience: 9 } }),
    after({ earlyStopping: { ...early, minDelta: 9 } }),
    after({ earlyStopping: undefined }),
    after({ optimizer: { ...adam, beta1: 0.5 } }),
    after({ batchSize: 7 }),
    after({}),
  ]).toEqual([true, true, true, false, false, false, false, false]);
});

test('freezing a layer of the model that trains is one step and one command; undo sends the opposite', async () => {
  const { live, model, documents, sent } = await opened();
  live.freeze(() => model.setFrozen(['hidden1', 'hidden2'], true));
  live.freeze(() => model.setFrozen(['hidden1'], false));
  documents.undo();
  documents.undo();
  const layer = (name: string, frozen: boolean) => ({ layer: name, frozen });
  expect(sent).toEqual([
    { frozen: [layer('hidden1', true), layer('hidden2', true)] },
    { frozen: [layer('hidden1', false)] },
    { frozen: [layer('hidden1', true)] },
    { frozen: [layer('hidden1', false), layer('hidden2', false)] },
  ]);
});

test('freezing a layer that the run does not freeze sends a setting that was edited before', async () => {
  const { live, model, sent, set } = await opened();
  model.performOnWhole(rename(model.whole, 'hidden1', 'first'));
  set({ epochs: 50 });
  live.freeze(() => model.setFrozen(['hidden2'], true));
  expect(sent).toEqual([{ epochs: 50 }]);
});

test('freezing says why a run does not apply it', async () => {
  const { live, model, documents, sent, toasts } = await opened();
  model.performOnWhole(rename(model.whole, 'hidden1', 'first'));
  live.freeze(() => model.setFrozen(['hidden2'], true));
  expect([sent, toasts.list.length]).toEqual([[], 1]);
  documents.undo();
  documents.undo();
  live.freeze(() => model.setFrozen(['hidden2'], true));
  expect([sent.length, toasts.list.length]).toEqual([1, 1]);
});

test('after a run refused to freeze a layer, unfreezing it or undo sends nothing and says nothing', async () => {
  for (const way of ['undo', 'unfreeze']) {
    const { live, model, documents, sent, toasts, refused } = await opened();
    const frozen = [{ layer: 'hidden1', frozen: true }];
    live.freeze(() => model.setFrozen(['hidden1'], true));
    refused({ frozen });
    if (way === 'undo') documents.undo();
    else live.freeze(() => model.setFrozen(['hidden1'], false));
    expect([sent, toasts.list]).toEqual([[{ frozen }], []]);
    // The canvas has the model that trains again.
    live.freeze(() => model.setFrozen(['hidden2'], true));
    expect(sent.slice(1)).toEqual([{ frozen: [{ layer: 'hidden2', frozen: true }] }]);
  }
});

test('several changes of one layer that are undone at once send none if the run has what it had before them', async () => {
  const { live, model, documents, sent } = await opened();
  live.freeze(() => model.setFrozen(['hidden1'], true));
  live.freeze(() => model.setFrozen(['hidden1'], false));
  documents.goTo(0);
  expect(sent).toHaveLength(2);
  documents.goTo(1);
  expect(sent.slice(2)).toEqual([{ frozen: [{ layer: 'hidden1', frozen: true }] }]);
});

/** Two uses of a block in the model that trains. */
const withBlock = (): ModelDocument =>
  chainModel(
    [use('part', 'stack', { repeat: 3 }), use('part', 'tower'), layer('Dense', 'dense')],
    [chainBlock('part', [layer('Dense', 'first'), layer('BatchNormalization', 'norm')])],
  );

test('freezing a layer of one use of a block is one step and one command; undo sends the opposite', async () => {
  const { live, model, documents, sent, toasts } = await opened({ drawn: withBlock() });
  const freeze = (name: string, on: boolean) =>
    live.freeze(() => model.perform(setFrozenPath(model.document, 'stack', [name], on, name)));
  freeze('first', true);
  freeze('norm', true);
  freeze('first', false);
  // The order of the frozen parts is now another one than in the run.
  documents.undo();
  live.freeze(() => model.setFrozen(['dense'], true));
  const change = (name: string, frozen: boolean) => ({ frozen: [{ layer: `stack/${name}`, frozen }] });
  expect(sent).toEqual([
    change('first', true),
    change('norm', true),
    change('first', false),
    change('first', true),
    { frozen: [{ layer: 'dense', frozen: true }] },
  ]);
  expect(documents.steps.done).toBe(3);
  expect(toasts.list).toEqual([]);
});

test('freezing a layer in an open block reaches all uses; unfreezing a Block node unfreezes what is inside', async () => {
  const { live, model, documents, sent } = await opened({ drawn: withBlock() });
  model.open('stack');
  live.freeze(() => model.setFrozen(['norm'], true));
  model.leaveTo(0);
  live.freeze(() => model.setFrozen(['stack'], false));
  documents.undo();
  const change = (frozen: boolean) => ({ frozen: [{ layer: 'norm', block: 'part', frozen }] });
  expect(sent).toEqual([change(true), change(false), change(true)]);
});

test('the number of frozen copies is sent when the field is left, as one step', async () => {
  const { live, model, documents, sent, toasts } = await opened({ drawn: withBlock() });
  const type = (count: number) =>
    live.edit(() => model.perform(setFrozenCopies(model.document, 'stack', count, 'copies:stack')));
  type(1);
  type(2);
  expect(sent).toEqual([]);
  live.commit();
  type(3);
  live.commit();
  documents.undo();
  const copies = (count: string, frozen: boolean) => ({ layer: `stack/${count}`, frozen });
  expect(sent).toEqual([
    { frozen: [copies('1-2', true)] },
    { frozen: [copies('1-2', false), copies('1-3', true)] },
    { frozen: [copies('1-3', false), copies('1-2', true)] },
  ]);
  // The run trains another model: the message is the one of the snowflake.
  model.performOnWhole(rename(model.whole, 'dense', 'other'));
  type(1);
  live.commit();
  expect([sent.length, toasts.list.length]).toEqual([3, 1]);
});

test('a remedy that unfreezes layers reaches the run', async () => {
  const { live, model, sent, documents } = await opened();
  live.freeze(() => model.setFrozen(['hidden1'], true));
  const stores = { model, liveEdits: live } as unknown as Parameters<typeof applyFix>[0];
  const nodeIds = ['hidden1'];
  applyFix(stores, { label: 'Unfreeze', action: 'set-frozen', params: { nodeIds, frozen: false } });
  documents.undo();
  applyFix(stores, { label: 'Unfreeze all layers', action: 'unfreeze-all', params: {} });
  expect(sent.map(({ frozen }) => frozen?.map((each) => each.frozen))).toEqual([[true], [false], [true], [false]]);
});

test('layers that a phase has frozen do not separate the run from the canvas, and are unfrozen by hand', async () => {
  const begins = (phase: number, step: number, frozen: string[]): RecordedCommand => ({
    seq: phase,
    step,
    epoch: 0,
    at: '2026-11-21T08:00:01.000Z',
    command: {
      kind: 'set',
      phase,
      patch: { learningRate: phase, frozen: frozen.map((each) => ({ layer: each, frozen: true })) },
    },
  });
  const { live, model, sent, toasts } = await opened({
    trained: { phases: [{ epochs: 2 }, { epochs: 8 }] },
    // The run has done 30 steps.
    commands: [begins(1, 0, ['hidden1']), begins(2, 40, ['hidden2'])],
  });
  expect(live.settings?.learningRate).toBe(1);
  live.freeze(() => model.setFrozen(['hidden2'], true));
  live.freeze(() => model.setFrozen(['hidden1'], true));
  live.freeze(() => model.setFrozen(['hidden1'], false));
  expect(sent).toEqual([
    { frozen: [{ layer: 'hidden2', frozen: true }] },
    { frozen: [{ layer: 'hidden1', frozen: false }] },
  ]);
  expect(toasts.list).toEqual([]);
});
