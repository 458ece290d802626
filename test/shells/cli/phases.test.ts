import { expect, test } from 'vitest';
import { copyExample } from '../../support/example-project.ts';
import { jsonLines, lamina } from './lamina.ts';

const phases = [
  { epochs: 1, learningRate: 0.01, frozen: { allButLast: 1 } },
  { epochs: 2, learningRate: 0.001, frozen: [] },
];

test('train reports the beginning of each phase, and runs lists the phases', async () => {
  const folder = copyExample('spirals');
  const trained = await lamina(
    'train',
    folder,
    '--engine',
    'onnx',
    '--json',
    '--set',
    `phases=${JSON.stringify(phases)}`,
  );
  expect(trained.status).toBe(0);
  const lines = jsonLines(trained.stdout);
  const begun = lines.filter(({ event }) => event === 'command');
  expect(begun).toMatchObject([
    { command: 'set', phase: 1, step: 0, epochsDone: 0, patch: { learningRate: 0.01 } },
    { command: 'set', phase: 2, epochsDone: 1, patch: { learningRate: 0.001 } },
  ]);
  expect(lines.filter(({ event }) => event === 'epoch')).toHaveLength(3);
  // The first phase freezes untrained layers.
  expect(lines.map(({ event }) => event)).toEqual([
    'warning',
    'command',
    'epoch',
    'command',
    'epoch',
    'epoch',
    'finished',
  ]);
  expect(trained.stderr.match(/Phase \d/g)).toEqual(['Phase 1', 'Phase 2']);

  const layers = (frozen: boolean) => [{ frozen }, { frozen }, { frozen: false }];
  const json = await lamina('runs', folder, '--phases', '1', '--json');
  expect(jsonLines(json.stdout)).toMatchObject([
    {
      number: 1,
      phases: [
        { phase: 1, firstEpoch: 1, lastEpoch: 1, step: 0, frozen: { allButLast: 1 }, layers: layers(true) },
        { phase: 2, firstEpoch: 2, lastEpoch: 3, step: begun[1]!['step'], frozen: [], layers: layers(false) },
      ],
    },
  ]);
  const table = await lamina('runs', folder, '--phases', 'last');
  const rows = table.stdout.trim().split('\n').slice(2);
  expect(rows.map((row) => row.split(/ {2,}/).slice(0, 3))).toEqual([
    ['1', '1-1', '0.01'],
    ['2', '2-3', '0.001'],
  ]);

  const plain = await lamina('train', folder, '--engine', 'onnx', '--epochs', '1');
  expect(plain.status).toBe(0);
  expect(await lamina('runs', folder, '--phases', '2')).toMatchObject({ status: 1, stdout: '' });
});

test('phases that are not valid are refused before a run is made', async () => {
  const folder = copyExample('spirals');
  for (const bad of ['[]', '[{"epochs":0}]', '[{"epochs":1,"rate":2}]', '3']) {
    const refused = await lamina('train', folder, '--set', `phases=${bad}`);
    expect([refused.status, refused.stderr]).toEqual([expect.any(Number), expect.stringContaining('phases')]);
    expect(refused.status).not.toBe(0);
  }
  expect((await lamina('runs', folder)).stdout).toBe('');
});
