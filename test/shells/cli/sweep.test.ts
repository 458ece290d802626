import { expect, test } from 'vitest';
import { copyExample } from '../../support/example-project.ts';
import { jsonLines, lamina, runLamina } from './lamina.ts';

const groupsOf = async (project: string): Promise<Record<string, unknown>[]> =>
  jsonLines((await lamina('runs', project, '--json')).stdout).reverse();

test.each([
  ['no seeds', ['--seeds', '0'], 'from 1 to 100'],
  ['layers to train that are not frozen', ['--train-last', '2'], 'expected at most 0'],
  ['its own seed as a setting', ['--set', 'seed=4'], 'expects its own seeds'],
  ['a run without a group to continue', ['--continue', '7'], "'7'"],
])('a sweep with %s is refused, and nothing is queued', async (_, args, words) => {
  const project = copyExample('spirals');
  const refused = await lamina('sweep', project, ...args);
  expect(refused.stderr).toContain(words);
  expect(refused.status).not.toBe(0);
  expect((await lamina('runs', project, '--json')).stdout).toBe('');
});

test('a sweep is stopped as one group; continuing it completes the same group', async () => {
  const project = copyExample('spirals');
  const sweep = ['sweep', project, '--at', 'hidden_2', '--train-last', '0', '--train-last', 'all', '--seeds', '1'];
  let stopped = false;
  const first = await runLamina([...sweep, '--epochs', '400', '--engine', 'onnx'], (stderr, kill) => {
    if (stopped || !stderr.includes('epoch')) return;
    stopped = true;
    kill('SIGINT');
  });
  expect(first.status).toBe(130);
  const runs = await groupsOf(project);
  expect(runs.map(({ state }) => state)).toEqual(['stopped', 'stopped']);
  const group = runs[0]!['group'] as Record<string, unknown>;
  expect(runs[1]!['group']).toEqual({ ...group, variant: 'up to hidden_2, all layers trained' });
  const continued = await lamina('sweep', project, '--continue', '1', '--json');
  expect(continued.status).toBe(0);
  const { results } = jsonLines(continued.stdout).at(-1) as { results: unknown };
  expect(results).toEqual([
    expect.objectContaining({ variant: 'up to hidden_2, head alone', runs: [3], count: 1, withoutResult: [] }),
    expect.objectContaining({ variant: 'up to hidden_2, all layers trained', runs: [4], count: 1, withoutResult: [] }),
  ]);
  expect((await groupsOf(project)).map((run) => (run['group'] as typeof group)['id'])).toEqual(
    Array(4).fill(group['id']),
  );
});
