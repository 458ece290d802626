import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { artifactsFolder, readArtifact } from '../../../src-main/runs/artifacts.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { copyExample } from '../../support/example-project.ts';
import { jsonLines, lamina } from './lamina.ts';

const modelOf = (project: string): ModelDocument =>
  JSON.parse(readFileSync(join(project, 'spirals.lamina.json'), 'utf8')) as ModelDocument;

async function tensorsOf(project: string): Promise<Map<string, readonly number[]>> {
  const { tensors } = await readArtifact(artifactsFolder(project), modelOf(project).weights!.artifact);
  const weights = [...tensors].filter(([name]) => !name.startsWith('optimizer/'));
  return new Map(weights.map(([name, { data }]) => [name, [...data]]));
}

test.each([
  ['a layer that the model does not have', ['--to', 'hiden_1'], 2, "Did you mean 'hidden_1'?"],
  ['all values masked', ['--to', 'hidden_1', '--noise', 'masking', '--amount', '1'], 2, 'below 1'],
  ['rotation of rows without pictures', ['--to', 'hidden_1', '--target', 'rotation'], 1, 'does not depend on pictures'],
  [
    'noise on the input of a classifier',
    ['--to', 'hidden_1', '--target', 'noise', '--noise', 'gaussian'],
    2,
    '--noise',
  ],
  ['an Output', ['--to', 'output'], 1, 'is an Output'],
])('%s: refused, and the model stays', async (_, args, status, words) => {
  const project = copyExample('spirals');
  const before = modelOf(project);
  const refused = await lamina('pretrain', project, ...args);
  expect(refused.status).toBe(status);
  expect(refused.stderr).toContain(words);
  expect(modelOf(project)).toEqual(before);
});

test('gives the model the weights of the last autoencoder; layers that it does not have keep theirs', async () => {
  const project = copyExample('spirals');
  const before = modelOf(project);
  const both = ['--to', 'hidden_2', '--layer-by-layer', '--epochs', '1', '--noise', 'gaussian'];
  const trained = await lamina('pretrain', project, ...both, '--json');
  expect(trained.status).toBe(0);
  const states = jsonLines(trained.stdout).flatMap((line) => (line['event'] === 'finished' ? [line['state']] : []));
  expect(states).toEqual(['completed', 'completed']);
  const { weights, ...rest } = modelOf(project);
  expect(rest).toEqual(before);
  expect(weights!.label).toMatch(/^run 2, /);
  const first = await tensorsOf(project);
  const noise = ['--to', 'hidden_1', '--target', 'noise'];
  const told = await lamina('pretrain', project, ...noise, '--epochs', '1', '--json');
  expect(told.status).toBe(0);
  expect(told.stdout).toContain('val_accuracy');
  const second = await tensorsOf(project);
  expect(second.get('hidden_2/kernel')).toEqual(first.get('hidden_2/kernel'));
  expect(second.get('hidden_1/kernel')).not.toEqual(first.get('hidden_1/kernel'));
});
