import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandForeignRun } from '../../src-main/core/training/foreign-commands.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import type { RunState } from '../../src-shared/training/run/run-state.ts';
import { exampleRun } from '../runs/example-run.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Commands to a run that the core of another program trains, through the run history. */

let training: RunStore;
let asking: RunStore;

beforeEach(() => {
  const folder = temporaryFolder();
  [training, asking] = [RunStore.open(folder), RunStore.open(folder)];
});
afterEach(() => [training, asking].forEach((store) => store.close()));

function startRun(): string {
  const { id } = training.createRun(exampleRun());
  training.setState(id, 'running');
  return id;
}

describe('a command to a run that ends at once', () => {
  it.each<RunState>(['stopped', 'completed', 'failed', 'interrupted'])(
    'fails without an answer, also after another program has removed the request: %s',
    async (state) => {
      for (const isRemoved of [false, true]) {
        const [id, other] = [startRun(), startRun()];
        const sent = commandForeignRun(asking, id, { kind: 'stop', when: 'now' });
        training.setState(id, state);
        if (isRemoved) training.commandRequests.add(other, { kind: 'pause' });
        await expect(sent).rejects.toMatchObject({ code: 'training/not-active', details: { state } });
      }
    },
  );

  it('succeeds if the core that trains it has taken the command', async () => {
    const id = startRun();
    const sent = commandForeignRun(asking, id, { kind: 'stop', when: 'now' });
    for (const request of training.commandRequests.open()) training.commandRequests.answer(request.id, null);
    training.setState(id, 'stopped');
    await expect(sent).resolves.toBeUndefined();
  });
});
