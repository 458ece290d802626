import type { CommandKind } from '../../../src-shared/training/commands/run-command.ts';
import { commandsIn } from '../../../src-shared/training/run/run-state.ts';
import type { RunSummary } from '../../../src-shared/training/run/run.ts';
import type { Command } from '../../commands/command.ts';
import type { Stores } from '../../state/stores.ts';
import { canResume, canStartAgain } from '../../terms/resumable.ts';
import { runStateWords } from '../../terms/run-states.ts';

export function trainingCommands({
  runs,
  queue,
  training,
  liveEdits,
}: Pick<Stores, 'runs' | 'queue' | 'training' | 'liveEdits'>): Command[] {
  /** @param reason Why the selected run cannot be used; null if it can. */
  const blockedFor = (reason: (run: RunSummary) => string | null) => () =>
    runs.selected === null ? 'Select a run first.' : reason(runs.selected);
  /** For commands of which the run in progress must take one. */
  const blockedWithout =
    (...kinds: readonly CommandKind[]) =>
    () => {
      if (runs.active === null) return 'Nothing is training.';
      const { number, state } = runs.active;
      const allowed = commandsIn(state);
      return kinds.some((kind) => allowed.includes(kind)) ? null : `Run ${number} is ${runStateWords[state].label}.`;
    };
  return [
    {
      id: 'train.start',
      title: () => (queue.isFull ? 'Add to queue' : 'Train'),
      words: 'train queue start',
      group: 'Train',
      keys: ['Mod+Enter'],
      keysWork: 'while typing',
      blocked: () => (runs.starting ? 'Training is starting.' : training.blocker),
      run: () => void training.start(),
    },
    {
      id: 'train.newRunsOnly',
      title: () =>
        liveEdits.newRunsOnly
          ? `Apply changes to run ${liveEdits.trainingRun?.number} again`
          : 'Apply changes to new runs only',
      words: 'prepare next run queue settings live',
      group: 'Train',
      blocked: () => (liveEdits.trainingRun === null ? 'Nothing is training.' : null),
      run: () => liveEdits.applyToNewRunsOnly(!liveEdits.newRunsOnly),
    },
    {
      id: 'train.pause',
      title: () => {
        if (runs.active === null) return 'Pause training';
        return commandsIn(runs.active.state).includes('resume')
          ? `Resume the paused run ${runs.active.number}`
          : `Pause run ${runs.active.number}`;
      },
      words: 'hold wait continue',
      group: 'Train',
      keys: ['Mod+,'],
      keysWork: 'everywhere',
      blocked: blockedWithout('pause', 'resume'),
      run: () => {
        if (runs.active !== null) void training.pauseOrResume(runs.active);
      },
    },
    {
      id: 'train.stop',
      title: () => (runs.active === null ? 'Stop training' : `Stop run ${runs.active.number}`),
      words: 'end now',
      group: 'Train',
      keys: ['Mod+.'],
      keysWork: 'everywhere',
      blocked: blockedWithout('stop'),
      run: () => {
        if (runs.active !== null) void training.stop(runs.active, 'now');
      },
    },
    {
      id: 'train.stopAfterEpoch',
      title: () =>
        runs.active === null ? 'Stop training after the epoch' : `Stop run ${runs.active.number} after this epoch`,
      words: 'end later',
      group: 'Train',
      keys: ['Mod+Shift+E'],
      keysWork: 'everywhere',
      blocked: blockedWithout('stop'),
      run: () => {
        if (runs.active !== null) void training.stop(runs.active, 'epoch');
      },
    },
    {
      id: 'train.leaveQueue',
      title: () =>
        runs.selected?.state === 'queued'
          ? `Remove run ${runs.selected.number} from the queue`
          : 'Remove a run from the queue',
      group: 'Train',
      blocked: () => (runs.selected?.state === 'queued' ? null : 'Select a run that is in the queue first.'),
      run: () => {
        if (runs.selected !== null) void training.stop(runs.selected, 'now');
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
