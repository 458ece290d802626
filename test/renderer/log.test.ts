import { expect, it } from 'vitest';
import { epochText, LogStore } from '../../src-renderer/state/log-store.svelte.ts';
import { commandLine, refusedLine } from '../../src-renderer/terms/command-words.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { EventName, EventPayload } from '../../src-shared/contract/contract.ts';
import type { RunCommand } from '../../src-shared/training/commands/run-command.ts';
import type { RunState } from '../../src-shared/training/run/run-state.ts';
import { runSummary } from './run-summary.ts';

it('epochText aligns metrics and shows the duration of the epoch', () => {
  const line = (epoch: number, accuracy: number) =>
    epochText(1, { epoch, metrics: { loss: 0.5, val_accuracy: accuracy }, durationMs: 17, stepsPerSecond: 1 });
  const [first, last] = [line(9, 0.9711), line(10, 1)];
  expect(first.indexOf('val_accuracy')).toBe(last.indexOf('val_accuracy'));
  expect(last).toMatch(/^Run 1 epoch 10 +in 17 ms +loss 0.5 +val_accuracy 1$/);
});

/** A log, and what sends events of core to it. */
function opened() {
  const listeners = new Map<string, (payload: never) => void>();
  const client = {
    on: (name: string, listener: (payload: never) => void) => {
      listeners.set(name, listener);
      return () => {};
    },
  } as unknown as LaminaClient;
  const log = new LogStore(client, {
    applied: (_, number, recorded) => commandLine(number, recorded, [], null),
    refused: refusedLine,
  });
  const send = <Name extends EventName>(name: Name, payload: EventPayload<Name>): void => {
    (listeners.get(name) as ((payload: EventPayload<Name>) => void) | undefined)?.(payload);
  };
  let seq = 0;
  return {
    log,
    send,
    becomes: (state: RunState) => send('run.changed', { summary: runSummary({ id: 'a', number: 4, state }) }),
    applies: (command: RunCommand) => {
      const recorded = { seq: (seq += 1), step: 30, epoch: 1, at: '2026-11-21T08:00:00.000Z', command };
      send('run.command', { runId: 'a', recorded });
    },
  };
}

it('the log has one line for each pause, resume, changed setting and freeze', async () => {
  const { log, becomes, applies } = opened();
  becomes('running');
  becomes('pausing');
  applies({ kind: 'pause' });
  becomes('paused');
  applies({ kind: 'set', patch: { learningRate: 0.01 } });
  applies({ kind: 'set', patch: { frozen: [{ layer: 'dense', frozen: true }] } });
  applies({ kind: 'resume' });
  becomes('running');
  await expect.poll(() => log.entries.length).toBe(5);
  const place = 'Run 4, epoch 2, step 30';
  expect(log.entries.map(({ text }) => text()).toReversed()).toEqual([
    'Run 4 running',
    `${place}: Paused`,
    `${place}: Learning rate → 0.01`,
    `${place}: Froze dense`,
    `${place}: Resumed`,
  ]);
  log.dispose();
});

it('the log has one line for a refused command: the warning, or the command if its program sends no warning', async () => {
  const command = { kind: 'set', patch: { epochs: 1 } } as const;
  const { log, send, becomes } = opened();
  becomes('running');
  send('run.refused', { runId: 'a', command });
  send('run.warning', { runId: 'a', message: 'refused, with the reason' });
  send('run.refused', { runId: 'a', command });
  await expect.poll(() => log.entries.length).toBe(3);
  expect(
    log.entries
      .map(({ text, tone }) => [text(), tone])
      .toReversed()
      .slice(1),
  ).toEqual([
    ['Run 4 did not apply: Epochs → 1', 'warn'],
    ['Run 4: refused, with the reason', 'warn'],
  ]);
  log.dispose();
});
