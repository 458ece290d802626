import { afterEach, beforeEach, expect, it } from 'vitest';
import { ForeignRuns } from '../../src-main/core/training/foreign-runs.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import { events } from '../../src-shared/contract/contract.ts';
import type { EventName } from '../../src-shared/contract/contract.ts';
import type { RunCommand } from '../../src-shared/training/commands/run-command.ts';
import { exampleRun } from '../runs/example-run.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Events about a run that the core of another program trains. */

let training: RunStore;
let watching: RunStore;
let foreign: ForeignRuns;
let received: [name: EventName, payload: unknown][];
let onEvent: () => void;

beforeEach(() => {
  const folder = temporaryFolder();
  [training, watching] = [RunStore.open(folder), RunStore.open(folder)];
  received = [];
  onEvent = () => {};
});
afterEach(() => {
  foreign.close();
  for (const store of [training, watching]) store.close();
});

function watch(): void {
  foreign = new ForeignRuns(watching, (name, payload) => {
    received.push([name, events[name].parse(payload)]);
    onEvent();
  });
}

/** Resolves when a number of events of this name have arrived. */
function arrive(name: EventName, count: number): Promise<void> {
  return new Promise((resolve) => {
    onEvent = () => {
      if (of(name).length >= count) resolve();
    };
    onEvent();
  });
}

const of = (name: EventName): unknown[] => received.filter((event) => event[0] === name).map(([, payload]) => payload);

const epochs = (count: number): RunCommand => ({ kind: 'set', patch: { epochs: count } });

it('each command that the trainer refuses is reported once, in any order', async () => {
  const { id } = training.createRun(exampleRun());
  training.setState(id, 'running');
  training.recordRefusal(id, 1, epochs(1), 'before');
  watch();
  training.recordRefusal(id, 3, epochs(3), 'later');
  await arrive('run.refused', 1);
  training.recordRefusal(id, 2, epochs(2), 'last');
  await arrive('run.refused', 2);
  expect(of('run.refused')).toEqual([3, 2].map((count) => ({ runId: id, command: epochs(count) })));
  expect(watching.get(id).warnings).toEqual(['before', 'later', 'last']);
});
