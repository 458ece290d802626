import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RunStore } from '../../../src-main/runs/store.ts';
import { earlierRun } from '../../../src-main/shells/cli/options/earlier-run.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { copyExample } from '../../support/example-project.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { exampleRun } from '../../runs/example-run.ts';
import { jsonLines, lamina } from './lamina.ts';

/** The spirals example with a Monte Carlo dropout before its last Dense. */
function noisySpirals(): string {
  const folder = copyExample('spirals');
  const file = join(folder, 'spirals.lamina.json');
  const model = JSON.parse(readFileSync(file, 'utf8')) as ModelDocument;
  const last = model.nodes.findLast(({ kind }) => kind === 'Dense')!;
  const noise = { ...last, id: 'noise', kind: 'Dropout', name: 'noise', params: { rate: 0.3, monteCarlo: true } };
  const edges = model.edges.map((edge) => (edge.target === last.id ? { ...edge, target: noise.id } : edge));
  const edge = { id: 'noise-last', source: noise.id, target: last.id };
  writeFileSync(file, JSON.stringify({ ...model, nodes: [...model.nodes, noise], edges: [...edges, edge] }));
  return folder;
}

const losses = (output: string) => jsonLines(output).map((line) => line['val_loss']);

test('train repeats and resumes runs; predict draws samples; commands use best or last weights', async () => {
  const folder = noisySpirals();
  const made = ['train', folder, '--epochs', '2', '--seed', '7', '--engine', 'onnx', '--json'];
  const first = await lamina(...made);
  expect(first.status).toBe(0);

  const again = await lamina('train', folder, '--repeat', '1', '--json');
  expect(losses(again.stdout)).toEqual(losses(first.stdout));
  const on = await lamina('train', folder, '--resume', '1', '--epochs', '3', '--json');
  expect(jsonLines(on.stdout)).toMatchObject([
    { event: 'begins', mode: 'resume', checkpoint: 'last', epoch: 2 },
    { event: 'epoch', epoch: 3 },
    { event: 'finished', state: 'completed' },
  ]);
  const runs = jsonLines((await lamina('runs', folder, '--json')).stdout);
  expect(runs).toMatchObject([
    { number: 3, epochsDone: 3 },
    { number: 2, name: 'run 1 again', epochsDone: 2 },
    { number: 1, epochsDone: 2 },
  ]);

  const rows = join(folder, 'rows.csv');
  writeFileSync(rows, 'x,y\n0.1,0.2\n0.5,-0.4\n');
  const predicted = await lamina('predict', folder, rows, '--run', '1', '--draws', '20');
  const [head, one, two] = predicted.stdout.trim().split('\n');
  expect(head).toBe('row,class,p(0),p(1),p(2),sd(0),sd(1),sd(2)');
  expect(one!.split(',')).toHaveLength(8);
  expect(Number(two!.split(',')[5])).toBeGreaterThan(0);
  const [line] = jsonLines((await lamina('predict', folder, rows, '--run', '1', '--json')).stdout);
  expect(line).toMatchObject({
    row: 1,
    draws: 100,
    standardDeviations: [expect.any(Number), expect.any(Number), expect.any(Number)],
  });

  const { bestCheckpointEpoch, lastCheckpoint } = runs.at(-1)! as {
    bestCheckpointEpoch?: number;
    lastCheckpoint?: { epoch: number };
  };
  const best = { checkpoint: 'best', epoch: bestCheckpointEpoch };
  expect(line).toMatchObject(best);
  const evaluated = await lamina('evaluate', folder, '--run', '1', '--json');
  expect(jsonLines(evaluated.stdout)).toMatchObject([best]);
  const last = await lamina('evaluate', folder, '--run', '1', '--checkpoint', 'last', '--json');
  expect(jsonLines(last.stdout)).toMatchObject([{ checkpoint: 'last', epoch: lastCheckpoint!.epoch }]);
  const exported = await lamina('export', folder, '--run', '1', '--out', join(folder, 'out'), '--json');
  expect(jsonLines(exported.stdout)).toMatchObject([best]);
  expect(jsonLines(first.stdout).at(-1)).toMatchObject({ test: best });
  expect(runs.at(-1)).toMatchObject({ test: best });

  const { status, stderr } = await lamina('train', folder, '--resume', '1');
  expect(status).toBe(1);
  expect(stderr).not.toBe('');
  expect(jsonLines((await lamina('runs', folder, '--json')).stdout)).toHaveLength(3);
});

const invalid = [
  { repeat: '1', epochs: '5' },
  { resume: '1', from: '1' },
  { from: '1', settings: 'project' },
  { checkpoint: 'best' },
  { resume: '1', model: 'other.lamina.json' },
  { resume: '1', settings: 'mine' },
];

test('earlierRun rejects options that exclude each other', () => {
  const store = RunStore.open(temporaryFolder());
  onTestFinished(() => store.close());
  store.createRun(exampleRun());
  const errors = invalid.map((options) => {
    try {
      return earlierRun(store, options);
    } catch (error) {
      return error;
    }
  });
  for (const error of errors) expect(error).toMatchObject({ code: 'cli/bad-arguments' });
  expect(errors.map((error) => (error as Error).message)).toMatchInlineSnapshot(`
    [
      "--epochs would make it another run. Leave it out, or use --from or --resume. See 'lamina train --help'.",
      "--resume and --from do not go together; give one of them. See 'lamina train --help'.",
      "--settings goes only with --resume. See 'lamina train --help'.",
      "--checkpoint goes with --resume or --from. See 'lamina train --help'.",
      "--model goes with --resume where --settings project does, or with --from. See 'lamina train --help'.",
      "--settings expects run or project; received 'mine'.",
    ]
  `);
});

test('resuming uses the last weights, starting from a run its best weights', () => {
  const store = RunStore.open(temporaryFolder());
  onTestFinished(() => store.close());
  const { id } = store.createRun(exampleRun());
  const metrics = { loss: 0.5, val_loss: 0.4 };
  const checkpoint = { step: 9, batch: 0, metrics, sha256: 'a'.repeat(64), sizeBytes: 1 };
  store.recordEpochs(id, [{ record: { epoch: 1, metrics, durationMs: 1, stepsPerSecond: 1 }, best: true }], 1);
  store.recordCheckpoints(id, [{ ...checkpoint, kind: 'last', epoch: 2 }]);
  expect(earlierRun(store, { from: '1' }).continueFrom).toMatchObject({ checkpoint: 'last', mode: 'weights' });
  store.recordCheckpoints(id, [{ ...checkpoint, kind: 'best', epoch: 1 }]);
  expect(earlierRun(store, { from: '1' }).continueFrom).toMatchObject({ checkpoint: 'best', mode: 'weights' });
  expect(earlierRun(store, { from: '1', checkpoint: 'last' }).continueFrom).toMatchObject({ checkpoint: 'last' });
  expect(earlierRun(store, { resume: '1' }).continueFrom).toMatchObject({ checkpoint: 'last', mode: 'resume' });
});

test('train begins with the weights that the model names, and says so', async () => {
  const folder = copyExample('spirals');
  const once = ['train', folder, '--epochs', '1', '--engine', 'onnx', '--json'];
  expect((await lamina(...once)).status).toBe(0);
  const store = RunStore.open(folder);
  const [run] = store.list();
  const weights = store.keepWeights(run!.id, 'last');
  const file = join(folder, 'spirals.lamina.json');
  const model = JSON.parse(readFileSync(file, 'utf8')) as ModelDocument;
  writeFileSync(file, JSON.stringify({ ...model, weights }));
  store.delete(run!.id);
  store.close();
  for (const again of [[], ['--repeat', '2']]) {
    const { status, stdout, stderr } = await lamina(
      ...(again.length === 0 ? once : ['train', folder, ...again, '--json']),
    );
    expect(status, stderr).toBe(0);
    expect(jsonLines(stdout)[0]).toEqual({ event: 'begins', ...weights });
    expect(stderr).toContain(weights.label);
  }
});
