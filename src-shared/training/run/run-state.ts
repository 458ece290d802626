import { z } from 'zod';
import type { CommandKind } from '../commands/run-command.ts';

/**
 * States of a run:
 *
 *                  ┌──▶ pausing ──▶ paused ──┐
 *                  │       │                 │
 *   preparing ──▶ running ◀┴─────────────────┘
 *       │            ├──▶ stopping ──▶ stopped
 *       │            ├──▶ completed
 *       │            ├──▶ failed        (NaN, an error with a message)
 *       └────────────┴──▶ interrupted   (the trainer or core has ended, or the project was moved)
 *
 * `stopping` follows each active state. In the active states a trainer process is alive.
 */
const states = {
  preparing: { active: true, commands: ['pause', 'stop', 'set'] },
  running: { active: true, commands: ['pause', 'stop', 'set', 'checkpoint'] },
  /** The current step ends. */
  pausing: { active: true, commands: ['resume', 'stop', 'set'] },
  /** The trainer keeps its memory and waits; the state is saved. */
  paused: { active: true, commands: ['resume', 'stop', 'set'] },
  /** The current step or epoch ends, and the state is saved. A stop after the epoch can become one now. */
  stopping: { active: true, commands: ['stop'] },
  completed: { active: false, commands: [] },
  stopped: { active: false, commands: [] },
  failed: { active: false, commands: [] },
  interrupted: { active: false, commands: [] },
} as const satisfies Readonly<Record<string, { active: boolean; commands: readonly CommandKind[] }>>;

export type RunState = keyof typeof states;
const names = Object.keys(states) as RunState[];

export const runStateSchema = z.enum(names);
export const activeRunStates: readonly RunState[] = names.filter((state) => states[state].active);

export const isActive = (state: RunState): boolean => states[state].active;

/** Commands that a run takes in a state. */
export const commandsIn = (state: RunState): readonly CommandKind[] => states[state].commands;
