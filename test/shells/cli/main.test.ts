import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { programPath } from '../../../src-main/programs.ts';
import { NUMERICS_VERSION } from '../../../src-shared/training/run/numerics.ts';
import { copyExample } from '../../support/example-project.ts';
import { childProcesses } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { jsonLines, runLamina } from './lamina.ts';
import { portion, testInCi } from '../../support/portion.ts';

const spirals = () => copyExample('spirals');

const documents = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));

describe('train', () => {
  test('--json prints epochs and the end; the same seed gives the same run', async () => {
    const folder = spirals();
    const before = documents(folder);
    const args = ['train', folder, '--epochs', '3', '--batch-size', '50', '--seed', '7', '--engine', 'onnx', '--json'];
    const first = await runLamina(args);
    expect(first.status).toBe(0);
    const lines = jsonLines(first.stdout);
    expect(lines.map((line) => line['event'])).toEqual(['epoch', 'epoch', 'epoch', 'finished']);
    expect(Object.keys(lines[0] ?? {})).toEqual([
      'event',
      'epoch',
      'loss',
      'accuracy',
      'val_loss',
      'val_accuracy',
      'durationMs',
      'stepsPerSecond',
    ]);
    expect(lines.map((line) => line['epoch'])).toEqual([1, 2, 3, undefined]);
    const end = lines[3] ?? {};
    expect(end).toMatchObject({ state: 'completed', engine: 'onnx', versions: { numerics: String(NUMERICS_VERSION) } });
    expect(end['runId']).toEqual(expect.any(String));
    expect(end['stepsPerSecond']).toBeGreaterThan(0);
    expect(end['test']).toMatchObject({ loss: expect.any(Number), accuracy: expect.any(Number) });
    expect(first.stderr).toMatch(/epoch 1\/3 .*steps\/s/);
    expect(documents(folder)).toEqual(before);

    const again = jsonLines((await runLamina(args)).stdout);
    expect(again.map((line) => line['val_loss'])).toEqual(lines.map((line) => line['val_loss']));

    const runs = jsonLines((await runLamina(['runs', folder, '--json'])).stdout);
    expect(runs).toMatchObject([
      { number: 2, state: 'completed', epochs: 3, epochsDone: 3, engine: 'onnx' },
      { number: 1, state: 'completed' },
    ]);
  });

  testInCi('--source records its files in the run and keeps the documents of the project', async () => {
    const folder = spirals();
    const data = temporaryFolder();
    const rows = Array.from({ length: 200 }, (_, row) => `${row},${'abc'[row % 3]},${50_000 + 900 * row}`);
    writeFileSync(join(data, 'prices.csv'), `size,town,price\n${rows.join('\n')}\n`);
    const column = { missing: 'mean', scaling: 'standard' };
    writeFileSync(
      join(folder, 'spirals.dataset.json'),
      JSON.stringify({
        format: 'lamina.dataset',
        version: 2,
        name: 'prices',
        source: { kind: 'csv', path: 'missing.csv' },
        columns: [
          { ...column, name: 'size', role: 'feature', type: 'numeric' },
          { name: 'town', role: 'feature', type: 'categorical', missing: 'most-frequent', scaling: 'none' },
          { ...column, name: 'price', role: 'target', type: 'numeric', unit: 'USD' },
        ],
        split: { train: 0.6, validation: 0.2, test: 0.2, seed: 1, stratify: false },
      }),
    );
    const node = (kind: string, name: string, params: object = {}) => ({
      id: name,
      kind,
      name,
      params,
      position: { x: 0, y: 0 },
      frozen: false,
    });
    const edge = (source: string, target: string) => ({ id: `${source}-${target}`, source, target });
    writeFileSync(
      join(folder, 'spirals.lamina.json'),
      JSON.stringify({
        format: 'lamina.model',
        version: 1,
        name: 'prices',
        nodes: [node('Input', 'input'), node('Dense', 'price', { units: 1 }), node('Output', 'output')],
        edges: [edge('input', 'price'), edge('price', 'output')],
      }),
    );
    const before = documents(folder);
    const args = ['train', folder, '--epochs', '2', '--engine', 'onnx'];
    const missing = await runLamina([...args, '--json']);
    expect(missing.status).toBe(1);
    const [failure] = jsonLines(missing.stdout);
    expect(failure).toMatchObject({ event: 'finished', state: 'failed', error: { code: 'dataset/missing-file' } });
    expect(missing.stderr).toContain('missing.csv');

    const { status, stdout } = await runLamina([...args, '--source', data]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/RMSE [\d,]+ USD \(\d+\.\d\d of the target's standard deviation\)/);
    expect(documents(folder)).toEqual(before);

    const json = jsonLines((await runLamina([...args, '--source', join(data, 'prices.csv'), '--json'])).stdout);
    expect(json.at(-1)).toMatchObject({
      test: { rmseOriginal: expect.any(Number), rmseRelative: expect.any(Number), unit: 'USD' },
    });
    expect(json[0]).toMatchObject({ event: 'source', kept: ['size', 'town', 'price'] });
    expect(json[1]).toMatchObject({ mae: expect.any(Number), val_mae: expect.any(Number) });

    const predicted = await runLamina(['predict', folder, join(data, 'prices.csv')]);
    expect(predicted.stdout.split('\n').slice(0, 2)).toEqual(['row,price (USD)', expect.stringMatching(/^1,[\d.]+$/)]);
    expect(predicted.stderr).not.toContain("'town'");

    const unknown = temporaryFolder();
    writeFileSync(join(unknown, 'new.csv'), 'size,town\n10,a\n10,zzz\n');
    const { stderr } = await runLamina(['predict', folder, join(unknown, 'new.csv')]);
    expect(stderr).toMatch(/Row 2\b.*'town'.*'zzz'/);
    expect(stderr).not.toContain('Row 1');
  });

  test('Ctrl-C stops the run, keeps its weights, and exits with status 130', async () => {
    const folder = spirals();
    let sent = false;
    const args = ['train', folder, '--epochs', '1000000', '--engine', 'onnx', '--json'];
    const { status, stdout } = await runLamina(args, (stderr, kill) => {
      if (sent || !stderr.includes('epoch 2/')) return;
      sent = true;
      kill('SIGINT');
      kill('SIGINT');
    });
    expect(status).toBe(130);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ event: 'finished', state: 'stopped' });
    const evaluated = await runLamina(['evaluate', folder, '--json']);
    expect(evaluated.status).toBe(0);
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ split: 'test', accuracy: expect.any(Number) });
  });

  test('failures exit with status 1, a message and a finished event', async () => {
    const folder = spirals();
    const model = readFileSync(join(folder, 'spirals.lamina.json'), 'utf8');
    writeFileSync(join(folder, 'spirals.lamina.json'), model.slice(0, 200));
    const damaged = await runLamina(['train', folder, '--json']);
    expect(damaged.status).toBe(1);
    expect(damaged.stderr).toContain('spirals.lamina.json');
    expect(jsonLines(damaged.stdout)).toMatchObject([{ event: 'finished', state: 'failed' }]);
    expect(existsSync(join(folder, 'runs.sqlite'))).toBe(false);

    const document = JSON.parse(model) as { edges: unknown[] };
    const newer = JSON.stringify({ ...document, version: 99 });
    writeFileSync(join(folder, 'spirals.lamina.json'), newer);
    const unknown = await runLamina(['train', folder]);
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toMatch(/^lamina: .*spirals\.lamina\.json.*\b99\b/m);
    expect(readFileSync(join(folder, 'spirals.lamina.json'), 'utf8')).toBe(newer);

    writeFileSync(join(folder, 'spirals.lamina.json'), JSON.stringify({ ...document, edges: [] }));
    const unconnected = await runLamina(['train', folder, '--engine', 'onnx', '--json']);
    expect(unconnected.status).toBe(1);
    expect(jsonLines(unconnected.stdout).at(-1)).toMatchObject({ event: 'finished', state: 'failed' });
  });
});

test('evaluate, predict and export use a trained run', async () => {
  const folder = spirals();
  const none = await runLamina(['evaluate', folder]);
  expect(none.status).toBe(1);
  expect(none.stderr).toMatch(/lamina train/);
  expect((await runLamina(['train', folder, '--epochs', '2', '--engine', 'onnx', '--name', 'first'])).status).toBe(0);

  const evaluated = await runLamina(['evaluate', folder, '--run', '1', '--split', 'validation']);
  expect(evaluated.stdout).toMatch(/run 1 \(first\)\nvalidation \(\d+ rows, best weights, epoch [12]\): loss/);
  expect((await runLamina(['evaluate', folder, '--run', '12'])).stderr).toMatch(/no run '12'/);

  const file = join(folder, 'points.csv');
  writeFileSync(file, 'x,y\n0.1,0.2\n-0.5,0.3\n');
  const out = join(folder, 'predicted.csv');
  expect((await runLamina(['predict', folder, file, '--out', out])).status).toBe(0);
  const predicted = readFileSync(out, 'utf8');
  expect(predicted.split('\n')).toHaveLength(4);
  writeFileSync(file, 'x,y\n0.1,0.2\n-0.5,1e300\n');
  const refused = await runLamina(['predict', folder, file, '--out', out]);
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining("Row 2, 'y'") });
  expect(readFileSync(out, 'utf8')).toBe(predicted);
  expect(readdirSync(folder).filter((name) => name.includes('predicted'))).toEqual(['predicted.csv']);

  const target = join(folder, 'saved');
  const exported = await runLamina(['export', folder, '--run', 'best', '--out', target, '--json']);
  expect(JSON.parse(exported.stdout)).toMatchObject({ folder: target, format: 'savedmodel' });
  expect(existsSync(join(target, 'saved_model.pb'))).toBe(true);
  const told = await runLamina(['export', folder, '--out', target]);
  expect(told.stdout).toContain(join(target, 'assets.extra', 'lamina.json'));
});

test.skipIf(process.platform === 'win32' || portion === 'quick')(
  'Ctrl-C ends train, evaluate, predict and export with status 130 and no process left, also while the trainer does not answer',
  async () => {
    const folder = spirals();
    const interrupted = async (args: readonly string[]): Promise<number | null> => {
      const child = spawn(process.execPath, [programPath('cli'), ...args], { stdio: 'ignore' });
      onTestFinished(() => {
        child.kill('SIGKILL');
      });
      const status = new Promise<number | null>((resolve) => child.on('close', resolve));
      const trainers = () => childProcesses(child.pid!).filter(({ command }) => command.includes('trainer'));
      await expect.poll(() => trainers().length).toBe(1);
      const pid = trainers()[0]!.pid;
      process.kill(pid, 'SIGSTOP');
      child.kill('SIGINT');
      const ended = await status;
      await expect.poll(() => childProcesses(1).some((each) => each.pid === pid)).toBe(false);
      return ended;
    };
    expect(await interrupted(['train', folder, '--engine', 'onnx'])).toBe(130);
    const [stopped] = jsonLines((await runLamina(['runs', folder, '--json'])).stdout);
    expect(stopped).toMatchObject({ state: 'stopped' });
    expect((await runLamina(['train', folder, '--epochs', '1', '--engine', 'onnx'])).status).toBe(0);
    writeFileSync(join(folder, 'rows.csv'), 'x,y\n0.1,0.2\n');
    expect(await interrupted(['evaluate', folder])).toBe(130);
    expect(await interrupted(['predict', folder, join(folder, 'rows.csv')])).toBe(130);
    expect(await interrupted(['export', folder])).toBe(130);
  },
);

describe('command line', () => {
  test('--help and --version print to stdout with status 0', async () => {
    expect(await runLamina(['train', '--help'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('lamina train') as string,
      stderr: '',
    });
    expect((await runLamina(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('invalid arguments exit with status 2 and a suggestion', async () => {
    const folder = temporaryFolder();
    expect(await runLamina(['trian'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("'train'") as string,
    });
    expect(await runLamina(['train', folder, '--epochs', '0'])).toMatchObject({ status: 2, stdout: '' });
    expect(await runLamina(['train', folder, '--delimiter', ';'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no --source') as string,
    });
  });

  test('creates no files in a folder without a project', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'empty'));
    for (const command of ['train', 'runs']) {
      const { status, stderr } = await runLamina([command, join(folder, 'empty')]);
      expect(status).toBe(1);
      expect(stderr).toContain(join(folder, 'empty'));
    }
    expect(readdirSync(join(folder, 'empty'))).toEqual([]);
  });
});
