import { expect, test } from 'vitest';
import { defaultTrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import {
  compareGroup,
  comparisonCsv,
  groupProgress,
  membersOf,
  requireMembers,
  runsText,
} from '../../src-shared/training/run/group-comparison.ts';
import { groupMembers } from '../../src-shared/training/run/run-group.ts';
import type { NewGroup } from '../../src-shared/training/run/run-group.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import { runSummary } from '../renderer/run-summary.ts';
import { moons } from '../runs/example-run.ts';
import { dense, sequentialDocument } from '../support/documents.ts';

const documents = {
  model: sequentialDocument([dense(2, 'softmax')]),
  dataset: moons(),
  configuration: defaultTrainingConfiguration,
};
const newGroup = (names: readonly string[], seeds: readonly number[]): NewGroup => ({
  name: 'sweep',
  variants: names.map((name) => ({ name, documents })),
  seeds: [...seeds],
});

test('a group has each variant with each seed, seed by seed', () => {
  expect(groupMembers(newGroup(['a', 'b'], [5, 6])).map(({ name }) => name)).toEqual([
    'a, seed 5',
    'b, seed 5',
    'a, seed 6',
    'b, seed 6',
  ]);
});

test.each([
  ['no variant', newGroup([], [1]), 'at least one variant'],
  ['no seed', newGroup(['a'], []), 'at least one seed'],
  ['one name twice', newGroup(['a', 'a'], [1]), "received 'a' twice"],
  ['one seed twice', newGroup(['a'], [1, 1]), 'different seeds; received 1, 1'],
  [
    'too many runs',
    newGroup(
      ['a', 'b'],
      Array.from({ length: 501 }, (_, seed) => seed),
    ),
    '1002 runs',
  ],
])('a group with %s is refused', (_, group, words) => {
  expect(() => groupMembers(group)).toThrow(
    expect.objectContaining({ code: 'training/bad-group', message: expect.stringContaining(words) }),
  );
});

let number = 0;
function member(variant: string, seed: number, patch: Partial<RunSummary> = {}): RunSummary {
  number += 1;
  const group = { id: 'g', name: 'sweep', variant, seed };
  return runSummary({ id: `run-${number}`, number, group, bestMetrics: { val_loss: seed / 10 }, ...patch });
}

test('a run that continues or repeats another one replaces it, in its position', () => {
  const [stopped, other, again] = [member('a', 1, { state: 'stopped' }), member('b', 1), member('a', 1)];
  const list = [again, other, stopped, runSummary({ id: 'alone' })];
  expect(membersOf(list, 'g').map(({ id }) => id)).toEqual([again.id, other.id]);
  expect(() => requireMembers(list, 'deleted')).toThrow(expect.objectContaining({ code: 'runs/unknown-group' }));
});

test('variants are compared by their completed runs; the table says what became of the others', () => {
  const list = [
    ...[member('a', 1), member('a', 3), member('a', 5, { state: 'failed' }), member('b, c', 1, { state: 'queued' })],
    member('b, c', 2, { state: 'running', bestMetrics: { val_loss: 0.01 } }),
  ];
  const compared = compareGroup(membersOf(list, 'g'));
  expect(compared.metric).toBe('val_loss');
  const [a, b] = compared.variants;
  expect(a!.spread).toEqual({ count: 2, mean: 0.2, deviation: Math.sqrt(0.02), least: 0.1, most: 0.3 });
  expect(b!.spread).toBeNull();
  expect(compared.variants.map(runsText)).toEqual(['2 of 3, 1 failed', '0 of 2']);
  expect(comparisonCsv(compared)).toBe(
    [
      'variant,val_loss,deviation,least,most,runs,time',
      `a,0.2,${Math.sqrt(0.02)},0.1,0.3,"2 of 3, 1 failed",120`,
      '"b, c",,,,,0 of 2,\n',
    ].join('\n'),
  );
});

test('the usual metric is the validation accuracy; a metric that no run has gives no figures', () => {
  const members = membersOf([member('a', 1, { bestMetrics: { loss: 1, val_accuracy: 0.5, auc: 0.4 } })], 'g');
  expect(compareGroup(members)).toMatchObject({ metric: 'val_accuracy', metrics: ['val_accuracy', 'loss', 'auc'] });
  expect(compareGroup(members, 'f1').variants[0]!.spread).toBeNull();
});

test('progress counts epochs; the time left follows from the time of those that ended', () => {
  const now = Date.parse('2026-11-21T08:01:30.000Z');
  const running = { state: 'running', endedAt: null, createdAt: '2026-11-21T08:01:00.000Z', epochsDone: 1 } as const;
  const waiting = { state: 'queued', endedAt: null, epochsDone: 0 } as const;
  // 60 s for three epochs, 30 s for one; five epochs left.
  const list = [member('a', 1), member('a', 2, running), member('a', 3, waiting)];
  expect(groupProgress(membersOf(list, 'g'), 1, now)).toEqual({
    ...{ runs: 3, completed: 1, failed: 0, unfinished: 0, active: 2 },
    ...{ fraction: 1 - 5 / 9, secondsLeft: 5 * 22.5 },
  });
  expect(groupProgress(membersOf(list, 'g'), 4, now).secondsLeft).toBe((5 * 22.5) / 2);
  expect(groupProgress(membersOf([member('z', 1, waiting)], 'g'), 1, now).secondsLeft).toBeNull();
});
