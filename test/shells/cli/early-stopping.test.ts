import { expect, test } from 'vitest';
import { copyExample } from '../../support/example-project.ts';
import { jsonLines, lamina } from './lamina.ts';

const lastLine = (text: string) => jsonLines(text).at(-1)!;

test('--set earlyStopping.patience ends a run early; the end, the list and the repetition say so', async () => {
  const folder = copyExample('spirals');
  // No epoch improves by so much, so that the first one stays the best.
  const settings = ['--set', 'earlyStopping.patience=2', '--set', 'earlyStopping.minDelta=100'];
  const made = ['train', folder, '--epochs', '9', '--engine', 'onnx'];
  const first = await lamina(...made, ...settings, '--json');
  expect(first.status).toBe(0);
  expect(lastLine(first.stdout)).toMatchObject({
    event: 'finished',
    state: 'completed',
    endedBy: 'earlyStopping',
    test: { checkpoint: 'best', epoch: 1 },
  });
  const listed = lastLine((await lamina('runs', folder, '--json')).stdout);
  expect(listed).toMatchObject({ endedBy: 'earlyStopping', epochsDone: 3, epochs: 9, bestEpoch: 1 });
  const repeated = await lamina('train', folder, '--repeat', '1', '--json');
  expect(lastLine(repeated.stdout)).toMatchObject({
    endedBy: 'earlyStopping',
    test: lastLine(first.stdout)['test'],
  });

  const refused = await lamina(...made, '--set', 'earlyStopping.monitor=val_f1', '--json');
  expect(lastLine(refused.stdout)).toMatchObject({ state: 'failed', error: { code: 'training/bad-monitor' } });
  const unknown = await lamina(...made, '--set', 'earlyStopping.patient=3', '--json');
  expect(lastLine(unknown.stdout)).toMatchObject({ error: { code: 'training/bad-setting' } });
  expect((await lamina(...made, '--set', 'patience')).status).toBe(2);
  expect((await lamina('train', folder, '--repeat', '1', '--set', 'epochs=3')).status).toBe(2);
});
