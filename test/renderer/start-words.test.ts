import { expect, it } from 'vitest';
import { modelWithStart, startWords } from '../../src-renderer/terms/start-words.ts';
import type { Start } from '../../src-shared/training/run/run.ts';
import { mlpDocument } from '../support/documents.ts';
import { runSummary } from './run-summary.ts';

const artifact = 'a'.repeat(64);
const fromRun: Start = { kind: 'run', runId: 'r3', checkpoint: 'best', mode: 'weights', artifact };
const runs = [runSummary({ id: 'r3', number: 3, name: 'wide' })];
const model = mlpDocument();

it('startWords names the run, or says that it was deleted', () => {
  expect(startWords(fromRun, runs)).toBe('run 3, wide, best weights');
  expect(startWords(fromRun, [])).toBe('a deleted run, best weights');
  expect(startWords({ kind: 'weights', artifact, label: 'run 9, last weights' }, [])).toBe('run 9, last weights');
});

it('modelWithStart has the file that the run started from; a resumed run has that of its model', () => {
  expect(modelWithStart({ model, start: { kind: 'seed' } }, runs)).toBe(model);
  expect(modelWithStart({ model, start: fromRun }, runs).weights).toEqual({
    artifact,
    label: 'run 3, wide, best weights',
  });
  expect(modelWithStart({ model, start: { ...fromRun, mode: 'resume' } }, runs)).toBe(model);
  // Records of older versions have no file: two such runs are compared by run and checkpoint.
  const { artifact: _file, ...old } = fromRun;
  const last = { ...old, checkpoint: 'last' } as const;
  const [one, other] = [old, last].map((start) => modelWithStart({ model, start }, runs).weights?.artifact);
  expect(one).not.toBe(other);
});
