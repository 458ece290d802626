import { cpSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { programPath } from '../../../src-main/programs.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function lamina(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [programPath('cli'), ...args], { encoding: 'utf8' });
}

const lastLine = (text: string): Record<string, unknown> =>
  JSON.parse(text.trim().split('\n').at(-1)!) as Record<string, unknown>;

test('--set earlyStopping.patience ends a run early; the end, the list and the repetition say so', () => {
  const folder = join(temporaryFolder(), 'spirals');
  cpSync('examples/spirals', folder, {
    recursive: true,
    filter: (path) => !path.includes('runs.sqlite') && !path.endsWith('artifacts'),
  });
  // No epoch improves by so much, so that the first one stays the best.
  const settings = ['--set', 'earlyStopping.patience=2', '--set', 'earlyStopping.minDelta=100'];
  const made = ['train', folder, '--epochs', '9', '--engine', 'onnx'];
  const first = lamina(...made, ...settings, '--json');
  expect(first.status).toBe(0);
  expect(lastLine(first.stdout)).toMatchObject({
    event: 'finished',
    state: 'completed',
    endedBy: 'earlyStopping',
    test: { checkpoint: 'best', epoch: 1 },
  });
  const listed = lastLine(lamina('runs', folder, '--json').stdout);
  expect(listed).toMatchObject({ endedBy: 'earlyStopping', epochsDone: 3, epochs: 9, bestEpoch: 1 });
  const repeated = lamina('train', folder, '--repeat', '1', '--json');
  expect(lastLine(repeated.stdout)).toMatchObject({
    endedBy: 'earlyStopping',
    test: lastLine(first.stdout)['test'],
  });

  const refused = lamina(...made, '--set', 'earlyStopping.monitor=val_f1', '--json');
  expect(lastLine(refused.stdout)).toMatchObject({ state: 'failed', error: { code: 'training/bad-monitor' } });
  const unknown = lamina(...made, '--set', 'earlyStopping.patient=3', '--json');
  expect(lastLine(unknown.stdout)).toMatchObject({ error: { code: 'training/bad-setting' } });
  expect(lamina(...made, '--set', 'patience').status).toBe(2);
  expect(lamina('train', folder, '--repeat', '1', '--set', 'epochs=3').status).toBe(2);
});
