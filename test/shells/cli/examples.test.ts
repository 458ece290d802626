import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { findTensorFlow } from '../../../src-main/engine-setup/cache.ts';
import { programPath } from '../../../src-main/programs.ts';
import { copyExample } from '../../support/example-project.ts';
import { portion } from '../../support/portion.ts';

const run = promisify(execFile);

interface Epoch {
  readonly accuracy: number;
  readonly val_accuracy: number;
}

/** Trains an example. @returns Every epoch, and the accuracy on the test split. */
async function train(example: string, engine: string, ...more: string[]): Promise<{ epochs: Epoch[]; test: Epoch }> {
  const args = [programPath('cli'), 'train', copyExample(example), '--engine', engine, '--now', '--json', ...more];
  const { stdout } = await run(process.execPath, args);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Epoch & { event: string; test?: Epoch });
  return { epochs: lines.filter(({ event }) => event === 'epoch'), test: lines.at(-1)!.test! };
}

const installed = ['onnx', ...(findTensorFlow() === null ? [] : ['tensorflow'])];
/** In `npm test` one of them. */
const engines = portion === 'quick' ? installed.slice(-1) : installed;

describe.concurrent.each(engines)('on %s', (engine) => {
  test('a perceptron separates two kinds of flowers without errors', async () => {
    const { epochs, test: end } = await train('perceptron', engine);
    expect(epochs.at(-1)).toMatchObject({ accuracy: 1, val_accuracy: 1, loss: 0 });
    expect(end.accuracy).toBe(1);
  });

  test('one layer cannot learn the exclusive or', async () => {
    const { epochs, test: end } = await train('xor', engine, '--model', 'one-layer.lamina.json');
    expect(Math.max(...epochs.map(({ accuracy }) => accuracy))).toBeLessThan(0.75);
    expect(end.accuracy).toBeLessThan(0.75);
  });

  test('two layers learn the exclusive or', async () => {
    const { epochs, test: end } = await train('xor', engine);
    expect(epochs.at(-1)!.val_accuracy).toBeGreaterThanOrEqual(0.97);
    expect(end.accuracy).toBeGreaterThanOrEqual(0.97);
  });
});

test('a missing model is rejected with the existing ones', async () => {
  const failed = train('xor', 'onnx', '--model', 'three-layers.lamina.json');
  await expect(failed).rejects.toMatchObject({
    stderr: expect.stringMatching(/one-layer\.lamina\.json, two-layers\.lamina\.json/) as string,
  });
});
