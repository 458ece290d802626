import { expect, test } from 'vitest';
import { copyExample } from '../../support/example-project.ts';
import { jsonLines, lamina, runLamina } from './lamina.ts';
import type { Finished } from './lamina.ts';

/** Trains until it is ended. `started` resolves after the first epoch. */
function trainEndlessly(folder: string, onOutput?: Parameters<typeof runLamina>[1]) {
  const started = Promise.withResolvers<void>();
  const finished = runLamina(['train', folder, '--epochs', '1000000', '--engine', 'onnx', '--json'], (stderr, kill) => {
    if (stderr.includes('epoch 1/')) started.resolve();
    onOutput?.(stderr, kill);
  });
  return { finished, started: started.promise };
}

const only = ({ stdout }: Finished) => jsonLines(stdout)[0]!;

test('pause, set and resume change a run that another program trains; its repetition has the same numbers', async () => {
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
  const learned = (all: typeof lines) =>
    all.filter(({ event }) => event === 'epoch').map(({ durationMs: _, stepsPerSecond: __, ...rest }) => rest);
  expect(learned(repeated)).toEqual(learned(lines));
  expect(repeated.at(-1)!['test']).toEqual(lines.at(-1)!['test']);
  const none = await lamina('pause', folder);
  expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('lamina runs')]);
});

test('set reports a setting that the trainer refuses', async () => {
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
