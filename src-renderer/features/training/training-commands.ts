import type { RunSummary } from '../../../src-shared/training/run/run.ts';
import type { Command } from '../../commands/command.ts';
import type { Stores } from '../../state/stores.ts';
import { canResume, canStartAgain } from '../../terms/resumable.ts';

export function trainingCommands({ runs, training }: Pick<Stores, 'runs' | 'training'>): Command[] {
  /** @param reason Why the selected run cannot be used; null if it can. */
  const blockedFor = (reason: (run: RunSummary) => string | null) => () => {
    if (runs.active !== null) return `Run ${runs.active.number} is training; stop it first.`;
    return runs.selected === null ? 'Select a run first.' : reason(runs.selected);
  };
  return [
    {
      id: 'train.start',
      title: 'Train',
      group: 'Train',
      keys: ['Mod+Enter'],
      keysWork: 'while typing',
      blocked: () => (runs.starting ? 'Training is starting.' : training.blocker),
      run: () => void training.start(),
    },
    {
      id: 'train.stop',
      title: () => (runs.active === null ? 'Stop training' : `Stop run ${runs.active.number}`),
      group: 'Train',
      keys: ['Mod+.'],
      keysWork: 'everywhere',
      blocked: () => (runs.active === null ? 'Nothing is training.' : null),
      run: () => {
        if (runs.active !== null) void training.stop(runs.active);
      },
    },
    {
      id: 'train.resume',
      title: () => (runs.selected === null ? 'Resume a run' : `Resume run ${runs.selected.number}`),
      group: 'Train',
      blocked: blockedFor((run) => {
        if (canResume(run)) return null;
        return `Run ${run.number} has ${run.lastCheckpoint === null ? 'no checkpoint to resume from' : 'nothing left to train'}.`;
      }),
      run: () => {
        if (runs.selected !== null) void training.resume(runs.selected);
      },
    },
    {
      id: 'train.repeat',
      title: () => (runs.selected === null ? 'Repeat a run' : `Repeat run ${runs.selected.number}`),
      group: 'Train',
      blocked: blockedFor((run) =>
        run.engine !== null || canStartAgain(run) ? null : `Run ${run.number} never read its data.`,
      ),
      run: () => {
        if (runs.selected !== null) void training.repeat(runs.selected);
      },
    },
  ];
}
