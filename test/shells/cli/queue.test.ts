import { expect, test } from 'vitest';
import { copyExample } from '../../support/example-project.ts';
import { jsonLines, runLamina } from './lamina.ts';
import type { Finished } from './lamina.ts';

class Training {
  readonly finished: Promise<Finished>;
  #stderr = '';
  #kill = (_: NodeJS.Signals): void => {};

  constructor(...args: readonly string[]) {
    this.finished = runLamina(['train', ...args, '--engine', 'onnx'], (stderr, kill) => {
      this.#stderr = stderr;
      this.#kill = kill;
    });
  }

  async says(text: RegExp): Promise<void> {
    await expect.poll(() => this.#stderr).toMatch(text);
  }

  interrupt(): void {
    this.#kill('SIGINT');
  }
}

test('train waits while another run trains; Ctrl-C leaves the queue, and the next one trains when it is its turn', async () => {
  const [folder, other] = [copyExample('spirals'), copyExample('spirals')];
  const first = new Training(folder, '--epochs', '1000000');
  await first.says(/epoch 1\//);
  const second = new Training(other, '--epochs', '2', '--json');
  await second.says(/in the queue/);
  const third = new Training(folder, '--epochs', '2', '--json');
  await third.says(/in the queue/);
  const now = await runLamina(['train', other, '--epochs', '1', '--engine', 'onnx', '--now', '--json']);
  expect(jsonLines(now.stdout).map(({ event }) => event)).toEqual(['epoch', 'finished']);
  second.interrupt();
  const left = await second.finished;
  expect(left.status).toBe(130);
  expect(jsonLines(left.stdout)).toMatchObject([
    { event: 'queued', training: 1, waiting: 0 },
    { event: 'finished', state: 'stopped', engine: null },
  ]);
  // Now only one run is before it.
  await third.says(/in the queue[^]*in the queue/);
  first.interrupt();
  expect((await first.finished).status).toBe(130);
  const { status, stdout } = await third.finished;
  expect(status).toBe(0);
  const lines = jsonLines(stdout);
  expect(lines.filter(({ event }) => event === 'queued')).toMatchObject([
    { training: 1, waiting: 1 },
    { training: 1, waiting: 0 },
  ]);
  expect(lines.at(-1)).toMatchObject({ event: 'finished', state: 'completed' });
});
