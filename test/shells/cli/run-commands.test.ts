import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chainModel, denseBlock, layer, use } from '../../support/block-documents.ts';
import { copyExample } from '../../support/example-project.ts';
import { writePicture } from '../../support/pictures.ts';
import { resultOf } from '../../support/recorded-run.ts';
import { jsonLines, lamina, runLamina } from './lamina.ts';
import type { Finished } from './lamina.ts';
import { testInCi } from '../../support/portion.ts';

/** Trains until it is ended. `started` resolves after the first epoch. @param options Further ones. */
function trainEndlessly(folder: string, onOutput?: Parameters<typeof runLamina>[1], options: readonly string[] = []) {
  const started = Promise.withResolvers<void>();
  const args = ['train', folder, '--epochs', '1000000', '--engine', 'onnx', '--json', ...options];
  const finished = runLamina(args, (stderr, kill) => {
    if (stderr.includes('epoch 1/')) started.resolve();
    onOutput?.(stderr, kill);
  });
  return { finished, started: started.promise };
}

const only = ({ stdout }: Finished) => jsonLines(stdout)[0]!;

/** Events of the epochs, without times. */
const learned = (lines: readonly Record<string, unknown>[]) =>
  lines.filter(({ event }) => event === 'epoch').map(({ durationMs: _, stepsPerSecond: __, ...rest }) => rest);

testInCi(
  'pause, set and resume change a run that another program trains; its repetition has the same numbers',
  async () => {
    const folder = copyExample('spirals');
    const { finished, started } = trainEndlessly(folder);
    await started;
    const paused = await lamina('pause', folder, '--json');
    expect([paused.status, only(paused)]).toMatchObject([0, { number: 1, state: 'paused' }]);
    const twice = await lamina('pause', folder);
    expect([twice.status, twice.stderr]).toEqual([1, expect.stringContaining('resume, stop, set')]);
    const epochs = (only(paused)['epochsDone'] as number) + 3;
    const settings = ['--learning-rate', '0.0005', '--epochs', String(epochs)];
    expect((await lamina('set', folder, ...settings)).status).toBe(0);
    expect((await lamina('set', folder, '--patience', '3')).status).toBe(1);
    expect((await lamina('set', folder, '--learning-rate', '-1')).status).toBe(2);
    const word = await lamina('set', folder, '--learning-rate', 'low');
    expect([word.status, word.stderr]).toEqual([2, expect.stringContaining("'low'")]);
    const nothing = await lamina('set', folder);
    expect([nothing.status, nothing.stderr]).toEqual([2, expect.not.stringContaining('undefined')]);
    expect(nothing.stderr).toContain('--learning-rate');
    expect((await lamina('resume', folder, '--run', '1')).status).toBe(0);
    const { status, stdout } = await finished;
    expect(status).toBe(0);
    const lines = jsonLines(stdout);
    const kinds = lines.filter(({ event }) => event === 'command').map(({ command }) => command);
    expect(kinds).toEqual(['pause', 'set', 'resume']);
    expect(lines.at(-1)).toMatchObject({ event: 'finished', state: 'completed' });

    const repeated = jsonLines((await lamina('train', folder, '--repeat', '1', '--json')).stdout);
    expect(learned(repeated)).toEqual(learned(lines));
    expect(repeated.at(-1)!['test']).toEqual(lines.at(-1)!['test']);
    const none = await lamina('pause', folder);
    expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('lamina runs')]);
  },
);

test('a run on pictures is paused, gets a lower rate and a frozen layer, resumes and ends early; its repetition has the same bits', async () => {
  const folder = copyExample('pictures');
  const dataset = join(folder, 'pictures.dataset.json');
  writeFileSync(dataset, readFileSync(dataset, 'utf8').replaceAll(/"(height|width)": 64/g, '"$1": 24'));
  for (const [split, count] of [
    ['train', 12],
    ['val', 4],
  ] as const) {
    for (let i = 0; i < count; i++)
      await writePicture(folder, `data/${split}/${i % 2 ? 'ant' : 'bee'}/${i}.png`, i, 24, 24);
  }
  // No epoch improves by so much: patience alone decides when the run ends.
  const endsEarly = ['--set', 'earlyStopping.minDelta=1000', '--set', 'earlyStopping.patience=1000000'];
  const source = ['--source', join(folder, 'data')];
  const { finished, started } = trainEndlessly(folder, undefined, [...source, ...endsEarly]);
  await started;
  expect((await lamina('pause', folder)).status).toBe(0);
  const before = await resultOf(folder, 1);
  // Two epochs more: no epoch after the first was an improvement.
  const patience = before.epochs.length + 1;
  for (const change of [
    ['--learning-rate', '0.0001'],
    ['--freeze', 'conv_1'],
    ['--patience', String(patience)],
  ]) {
    expect((await lamina('set', folder, ...change)).status).toBe(0);
  }
  expect((await lamina('resume', folder)).status).toBe(0);
  const { status, stdout, stderr } = await finished;
  expect(status).toBe(0);
  const lines = jsonLines(stdout);
  const commands = lines.filter(({ event }) => event === 'command');
  const changes = [
    { command: 'set', patch: { learningRate: 0.0001 } },
    { command: 'set', patch: { frozen: [{ layer: 'conv_1', frozen: true }] } },
    { command: 'set', patch: { patience } },
  ];
  expect(commands).toMatchObject([{ command: 'pause' }, ...changes, { command: 'resume' }]);
  expect(new Set(commands.map(({ step }) => step)).size).toBe(1);
  expect(stderr).toContain('conv_1 to frozen');
  expect(lines.at(-1)).toMatchObject({ event: 'finished', state: 'completed', endedBy: 'earlyStopping' });

  const first = await resultOf(folder, 1);
  const step = commands[0]!['step'];
  expect(first.commands).toMatchObject([
    { step, command: { kind: 'pause' } },
    ...changes.map(({ command: kind, patch }) => ({ step, command: { kind, patch } })),
    { step, command: { kind: 'resume' } },
  ]);
  const frozen = [...before.weights].filter(([name]) => /^(optimizer\/)?conv_1\//.test(name));
  expect(frozen.length).toBeGreaterThan(6);
  for (const [name, value] of frozen) expect([name, first.weights.get(name)]).toEqual([name, value]);
  // The weights need not change: after many epochs the gradients of a few pictures vanish.
  const updates = 'optimizer/conv_2/kernel/updates';
  expect(first.weights.get(updates)!.data[0]).toBeGreaterThan(before.weights.get(updates)!.data[0]!);

  const repeated = await lamina('train', folder, '--repeat', '1', '--json');
  expect(jsonLines(repeated.stdout).at(-1)).toMatchObject({ state: 'completed', endedBy: 'earlyStopping' });
  expect(learned(jsonLines(repeated.stdout))).toEqual(learned(lines));
  const second = await resultOf(folder, 2);
  expect(second.weights).toEqual(first.weights);
  expect(second.epochs).toEqual(first.epochs);
  const runs = jsonLines((await lamina('runs', folder, '--json')).stdout);
  expect(runs).toMatchObject([{ endedBy: 'earlyStopping' }, { endedBy: 'earlyStopping' }]);
});

testInCi('set freezes layers inside blocks and refuses unknown ones', async () => {
  const folder = copyExample('spirals');
  const classes = layer('Dense', 'classes', { units: 3, activation: 'softmax' });
  const model = chainModel([use('stack', 'stack', { repeat: 2, units: 6 }), classes], [denseBlock]);
  writeFileSync(join(folder, 'spirals.lamina.json'), JSON.stringify(model));
  const { finished, started } = trainEndlessly(folder);
  await started;
  const unknown = await lamina('set', folder, '--freeze', 'dense');
  expect([unknown.status, unknown.stdout]).toEqual([1, '']);
  expect(unknown.stderr).toContain('stack/dense');
  const freezes = ['--freeze', 'stack/dense', '--freeze', 'stack/2/norm'];
  expect((await lamina('set', folder, ...freezes, '--learning-rate', '0.002')).status).toBe(0);
  expect((await lamina('set', folder, '--unfreeze', 'stack')).status).toBe(0);
  await lamina('stop', folder);
  const lines = jsonLines((await finished).stdout);
  const patches = lines.filter(({ event, command }) => event === 'command' && command === 'set');
  const change = (frozen: boolean) => ['stack/dense', 'stack/2/norm'].map((name) => ({ layer: name, frozen }));
  expect(patches.map(({ patch }) => patch)).toEqual([
    { learningRate: 0.002, frozen: change(true) },
    { frozen: change(false) },
  ]);
});

testInCi('set reports a setting that the trainer refuses', async () => {
  const folder = copyExample('spirals');
  const { finished, started } = trainEndlessly(folder);
  await started;
  // One epoch is done and the second has begun, or more.
  await lamina('pause', folder);
  for (let time = 0; time < 2; time++) {
    const { status, stdout, stderr } = await lamina('set', folder, '--epochs', '1');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/epochs.*received 1\b/);
  }
  const raised = await lamina('set', folder, '--epochs', '900000', '--json');
  expect([raised.status, only(raised)]).toMatchObject([0, { number: 1, state: 'paused' }]);
  await lamina('stop', folder);
  await finished;
  const [run] = jsonLines((await lamina('runs', folder, '--json')).stdout);
  expect(run).toMatchObject({ epochs: 900_000 });
});

testInCi('set says that freezing waits while a run is paused that accumulates gradients', async () => {
  const folder = copyExample('spirals');
  const { finished, started } = trainEndlessly(folder, undefined, [
    '--set',
    'optimizer.gradientAccumulationSteps=1000000',
  ]);
  await started;
  await lamina('pause', folder);
  const { status, stdout } = await runLamina(['set', folder, '--freeze', 'hidden_1'], (stderr, kill) => {
    if (stderr.includes('lamina resume')) kill('SIGKILL');
  });
  expect([status, stdout]).toEqual([null, '']);
  await lamina('stop', folder);
  await finished;
});

test('stop ends a run of another program and saves it', async () => {
  const folder = copyExample('spirals');
  const { finished, started } = trainEndlessly(folder);
  await started;
  const stopped = await lamina('stop', folder, '--after-epoch', '--json');
  expect([stopped.status, only(stopped)]).toMatchObject([0, { number: 1, state: 'stopped' }]);
  expect((await finished).status).toBe(130);
  const [run] = jsonLines((await lamina('runs', folder, '--json')).stdout);
  expect(run).toMatchObject({ state: 'stopped', lastCheckpoint: { batch: 0, step: run!['stepsDone'] } });
});

test.skipIf(process.platform === 'win32')('SIGUSR2 pauses and resumes; Ctrl-C stops a paused run', async () => {
  const folder = copyExample('spirals');
  const sent: string[] = [];
  const { finished } = trainEndlessly(folder, (stderr, kill) => {
    const once = (signal: NodeJS.Signals, name: string): void => {
      if (sent.includes(name)) return;
      sent.push(name);
      kill(signal);
    };
    const pauses = stderr.split('Paused').length - 1;
    if (stderr.includes('epoch 1/')) once('SIGUSR2', 'pause');
    if (pauses === 1) once('SIGUSR2', 'resume');
    if (stderr.includes('Resumed')) once('SIGUSR2', 'pause again');
    if (pauses === 2) once('SIGINT', 'stop');
  });
  const { status, stdout } = await finished;
  expect(status).toBe(130);
  const lines = jsonLines(stdout);
  const kinds = lines.filter(({ event }) => event === 'command').map(({ command }) => command);
  expect(kinds).toEqual(['pause', 'resume', 'pause', 'stop']);
  expect(lines.at(-1)).toMatchObject({ event: 'finished', state: 'stopped' });
});
