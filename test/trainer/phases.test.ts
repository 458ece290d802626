import { afterEach, expect, it } from 'vitest';
import { planRun } from '../../src-main/core/training/plan-run.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import type { RecordedSettings } from '../../src-shared/training/commands/run-command.ts';
import { defaultOptimizer } from '../../src-shared/training/configuration/optimizers.ts';
import type { Phase } from '../../src-shared/training/configuration/phases.ts';
import { freezingFault, layerFreezing } from '../../src-shared/training/run/freezing-proof.ts';
import { exampleRun, moons } from '../runs/example-run.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { describeEngines, learned, TrainingBench } from './training-bench.ts';
import { testInCi } from '../support/portion.ts';

let bench: TrainingBench;
afterEach(() => bench.close());

const ROWS = 300;
const phases: readonly Phase[] = [
  { epochs: 2, learningRate: 0.01, frozen: { allButLast: 1 } },
  { epochs: 2, learningRate: 0.003, frozen: ['first'] },
  { epochs: 3, learningRate: 0.001, frozen: [] },
];
const model = sequentialDocument([
  dense(8, 'relu', { name: 'first' }),
  { kind: 'BatchNormalization', params: {}, name: 'norm' },
  { kind: 'Dropout', params: { rate: 0.2 }, name: 'dropout' },
  dense(8, 'relu', { name: 'second' }),
  dense(2, 'softmax', { name: 'classes' }),
]);

const phased = (configuration: Partial<NewRun['configuration']>): NewRun => ({
  ...exampleRun({ batchSize: 8, epochs: 7, phases: [...phases], ...configuration }),
  dataset: moons(ROWS),
  model,
});

const planned = (
  run: NewRun,
  request: Parameters<typeof planRun>[2],
  settings: Parameters<typeof planRun>[4] = [],
) => ({
  ...planRun(bench.store, run, request, {}, settings),
  versions: {},
});

const settingsOf = (runId: string) =>
  bench.store.settingsOf(runId).map(({ step, epoch, command }) => ({ step, epoch, command }));

type State = Awaited<ReturnType<TrainingBench['state']>>;

async function expectSame(id: string, expected: string): Promise<void> {
  expect(bench.losses(id)).toEqual(bench.losses(expected));
  expect(learned(bench, id)).toEqual(learned(bench, expected));
  expect(await bench.state(id)).toEqual(await bench.state(expected));
  expect(await bench.state(id, 'best')).toEqual(await bench.state(expected, 'best'));
  expect(bench.store.summary(id).test).toEqual(bench.store.summary(expected).test);
}

/** Ends a run after an epoch. */
async function stopAfter(run: NewRun, epoch: number): Promise<string> {
  const { id } = bench.supervisor.start(run);
  await bench.event((e) => e.name === 'run.epoch' && e.payload.runId === id && e.payload.record.epoch >= epoch);
  bench.supervisor.kill(id);
  await bench.supervisor.ended(id);
  return id;
}

describeEngines('phases', (engine) => {
  const optimizer = { ...defaultOptimizer('adam'), learningRate: 0.05 };
  const run = phased({ engine, optimizer });

  testInCi('give the bits of the same commands by hand, and of a repeated and a resumed run', async () => {
    bench = new TrainingBench();
    const { id, state } = await bench.train(run);
    expect(state).toBe('completed');
    const stepsPerEpoch = bench.store.summary(id).stepsDone / 7;
    const recorded = bench.store.settingsOf(id);
    expect(recorded).toMatchObject([
      { seq: 1, step: 0, epoch: 0, command: { phase: 1, patch: { learningRate: 0.01 } } },
      { seq: 2, step: 2 * stepsPerEpoch, epoch: 2, command: { phase: 2, patch: { learningRate: 0.003 } } },
      { seq: 3, step: 4 * stepsPerEpoch, epoch: 4, command: { phase: 3, patch: { learningRate: 0.001 } } },
    ]);
    const begun = bench.of('run.command').map(({ recorded: { step, command } }) => [step, command]);
    expect(begun).toEqual(recorded.map(({ step, command }) => [step, command]));

    const byHand = recorded.map(({ command, ...position }): RecordedSettings => ({
      ...position,
      command: { kind: 'set', patch: command.patch },
    }));
    const { phases: _, ...configuration } = run.configuration;
    const other = await bench.train({ ...run, configuration, commands: byHand });
    await expectSame(other.id, id);

    const again = await bench.train(planned(run, { repeat: id }));
    expect(settingsOf(again.id)).toEqual(settingsOf(id));
    await expectSame(again.id, id);

    // In the first phase, about a boundary, and in the last phase.
    for (const [epoch, settings] of [
      [1, 'project'],
      [2, 'run'],
      [5, 'run'],
      [5, 'project'],
    ] as const) {
      const stopped = await stopAfter(planned(run, { repeat: id }), epoch);
      if (bench.store.summary(stopped).lastCheckpoint === null) continue;
      const from = { runId: stopped, checkpoint: 'last', mode: 'resume', settings } as const;
      const resumed = await bench.train(planned(run, { continueFrom: from }));
      expect(resumed.state).toBe('completed');
      await expectSame(resumed.id, id);
      if (epoch === 5) await expectSame((await bench.train(planned(run, { repeat: resumed.id }))).id, id);
    }
  });

  it('freeze layers to the bit, and the comparison of the weights names their steps', async () => {
    bench = new TrainingBench();
    const states: { id: string; state: State; first: State }[] = [];
    for (const count of [1, 2, 3]) {
      const epochs = phases.slice(0, count);
      const { id } = await bench.train(phased({ engine, optimizer, phases: [...epochs] }));
      states.push({ id, state: await bench.state(id), first: await bench.state(id, 'initial') });
    }
    const weights = (of: string, at: 'state' | 'first', index: number) =>
      [...states[index]![at]].filter(([name]) => name.startsWith(`${of}/`));
    for (const name of ['first', 'second']) {
      expect(weights(name, 'state', 0)).toEqual(weights(name, 'first', 0));
    }
    expect(weights('classes', 'state', 0)).not.toEqual(weights('classes', 'first', 0));
    expect(weights('first', 'state', 1)).toEqual(weights('first', 'state', 0));
    expect(weights('second', 'state', 1)).not.toEqual(weights('second', 'state', 0));
    expect(weights('first', 'state', 2)).not.toEqual(weights('first', 'state', 1));

    const { id } = states[2]!;
    const layers = layerFreezing(bench.store.get(id).freezing!);
    expect(freezingFault(layers)).toBeNull();
    const [, second, third] = bench.store.settingsOf(id);
    const spans = Object.fromEntries(layers.map((each) => [each.layer, each.spans]));
    expect(spans).toMatchObject({
      first: [{ first: 1, last: third!.step }],
      second: [{ first: 1, last: second!.step }],
    });
    expect(layers.find(({ layer }) => layer === 'classes')).toMatchObject({ frozen: 'never' });
  });

  it('keep what a person sets until the next phase sets it', async () => {
    bench = new TrainingBench();
    const { id } = bench.supervisor.start(run);
    await bench.supervisor.command(id, {
      kind: 'set',
      patch: { learningRate: 0.5, frozen: [{ layer: 'second', frozen: false }] },
    });
    await bench.supervisor.ended(id);
    const recorded = bench.store.settingsOf(id).filter(({ command }) => command.phase === undefined);
    expect(recorded).toMatchObject([{ seq: 4, command: { patch: { learningRate: 0.5 } } }]);
    const again = await bench.train(planned(run, { repeat: id }));
    await expectSame(again.id, id);
  });
});

it('a phase that unfreezes layers waits for the end of a gradient accumulation', async () => {
  bench = new TrainingBench();
  const optimizer = { ...defaultOptimizer('sgd'), gradientAccumulationSteps: 4 };
  const run = phased({ engine: 'onnx', optimizer });
  const { id } = await bench.train(run);
  expect(bench.store.settingsOf(id).map(({ step }) => step % 4)).toEqual([0, 0, 0]);
  await expectSame((await bench.train(planned(run, { repeat: id }))).id, id);
  const stopped = await stopAfter(planned(run, { repeat: id }), 3);
  const from = { runId: stopped, checkpoint: 'last', mode: 'resume', settings: 'run' } as const;
  await expectSame((await bench.train(planned(run, { continueFrom: from }))).id, id);
});

it('a run with another number of epochs has phases of as many', async () => {
  bench = new TrainingBench();
  const run = phased({ engine: 'onnx' });
  const fewer = planned(run, {}, [{ path: 'epochs', value: 3 }]);
  const { id } = await bench.train(fewer);
  expect(bench.store.get(id).configuration).toMatchObject({ epochs: 3, phases: [{ epochs: 2 }, { epochs: 1 }] });
  const from = { runId: id, checkpoint: 'last', mode: 'resume', settings: 'run', epochs: 6 } as const;
  const resumed = await bench.train(planned(run, { continueFrom: from }));
  expect(resumed).toMatchObject({ state: 'completed', epochsDone: 6 });
  expect(bench.store.get(resumed.id).configuration.phases).toMatchObject([{ epochs: 2 }, { epochs: 4 }]);
  // With other phases than the run had.
  const asked = { path: 'phases', value: [{ epochs: 3 }, { epochs: 4, learningRate: 0.25, frozen: ['norm'] }] };
  const other = planned(run, { continueFrom: { ...from, epochs: undefined } }, [asked]);
  const { id: replanned } = await bench.train(other);
  expect(bench.store.settingsOf(replanned)).toMatchObject([{ command: { phase: 2, patch: { learningRate: 0.25 } } }]);
});

it.each([
  [{ phases: [{ epochs: 1 }, { epochs: 1, frozen: ['third'] }] }, 'model/invalid'],
  [
    {
      phases: [{ epochs: 1 }, { epochs: 1, learningRate: 0.1 }],
      schedule: { kind: 'formula' as const, formula: '0.01', unit: 'step' as const },
    },
    'training/bad-phases',
  ],
])('%j end the run before the first step', async (configuration, code) => {
  bench = new TrainingBench();
  const failed = await bench.train(phased({ engine: 'onnx', ...configuration }));
  expect(failed).toMatchObject({ state: 'failed', stepsDone: 0, error: { code } });
});

it('a phase that unfreezes trained layers at a large learning rate warns', async () => {
  bench = new TrainingBench();
  const base = phased({ engine: 'onnx' });
  const { phases: _, ...configuration } = base.configuration;
  const first = await bench.train({ ...base, configuration: { ...configuration, epochs: 1 } });
  const weights = { runId: first.id, checkpoint: 'last', mode: 'weights' } as const;
  const trained = await bench.train({ ...base, continueFrom: weights });
  const warned = bench.of('run.warning').filter(({ message }) => message.includes('from here on'));
  expect(warned.map(({ runId }) => runId)).not.toContain(first.id);
  const rates = warned.filter(
    ({ runId, message }) => runId === trained.id && message.includes('learning rate of 0.003'),
  );
  expect(rates.map(({ message }) => message)).toEqual([expect.stringContaining("'second'")]);
});
