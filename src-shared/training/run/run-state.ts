import { z } from 'zod';
import type { CommandKind } from '../commands/run-command.ts';

/**
 * States of a run:
 *
 *   queued         ┌──▶ pausing ──▶ paused ──┐
 *       │          │       │                 │
 *   preparing ──▶ running ◀┴─────────────────┘
 *       │            ├──▶ stopping ──▶ stopped
 *       │            ├──▶ completed
 *       │            ├──▶ failed        (NaN, an error with a message)
 *       └────────────┴──▶ interrupted   (the trainer or core has ended, or the project was moved)
 *
 * `stopping` follows each active state. In the active states a trainer process is alive. A queued run waits until fewer
 * runs train; it becomes `stopped` or, if its core ends, `interrupted`.
 */
const states = {
  queued: { phase: 'waiting', commands: ['stop'] },
  preparing: { phase: 'active', commands: ['pause', 'stop', 'set'] },
  running: { phase: 'active', commands: ['pause', 'stop', 'set', 'checkpoint'] },
  /** The current step ends. */
  pausing: { phase: 'active', commands: ['resume', 'stop', 'set'] },
  /** The trainer keeps its memory and waits; the state is saved. */
  paused: { phase: 'active', commands: ['resume', 'stop', 'set'] },
  /** The current step or epoch ends, and the state is saved. A stop after the epoch can be changed to a stop now. */
  stopping: { phase: 'active', commands: ['stop'] },
  completed: { phase: 'ended', commands: [] },
  stopped: { phase: 'ended', commands: [] },
  failed: { phase: 'ended', commands: [] },
  interrupted: { phase: 'ended', commands: [] },
} as const satisfies Readonly<
  Record<string, { phase: 'waiting' | 'active' | 'ended'; commands: readonly CommandKind[] }>
>;

export type RunState = keyof typeof states;
const names = Object.keys(states) as RunState[];

export const runStateSchema = z.enum(names);
export const activeRunStates: readonly RunState[] = names.filter(isActive);
/** States of runs that a core trains or will train. */
export const unfinishedRunStates: readonly RunState[] = names.filter((state) => !hasEnded(state));

export function isActive(state: RunState): boolean {
  return states[state].phase === 'active';
}

export function hasEnded(state: RunState): boolean {
  return states[state].phase === 'ended';
}

/** Commands that a run takes in a state. */
export const commandsIn = (state: RunState): readonly CommandKind[] => states[state].commands;
