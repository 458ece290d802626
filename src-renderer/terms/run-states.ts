import type { EndedBy } from '../../src-shared/training/run/run.ts';
import type { RunState } from '../../src-shared/training/run/run-state.ts';
import type { IconName } from '../ui/icons.ts';

interface StateWords {
  readonly label: string;
  readonly icon: IconName;
  readonly tone: 'neutral' | 'good' | 'warn' | 'fail' | 'accent';
  /** What it means, in one sentence. */
  readonly meaning: string;
}

export const runStateWords: Readonly<Record<RunState, StateWords>> = {
  queued: { label: 'queued', icon: 'clock', tone: 'neutral', meaning: 'It waits in the queue until other runs end.' },
  preparing: { label: 'preparing', icon: 'clock', tone: 'accent', meaning: 'Data is read and the engine starts.' },
  running: { label: 'training', icon: 'play', tone: 'accent', meaning: 'The trainer is at work.' },
  pausing: { label: 'pausing', icon: 'clock', tone: 'accent', meaning: 'The run pauses after the current step.' },
  paused: {
    label: 'paused',
    icon: 'pause',
    tone: 'neutral',
    meaning: 'It waits between two steps and keeps its memory. Resume continues training.',
  },
  stopping: { label: 'stopping', icon: 'clock', tone: 'accent', meaning: 'The last step ends and weights are kept.' },
  completed: { label: 'completed', icon: 'success', tone: 'good', meaning: 'All epochs were trained.' },
  stopped: { label: 'stopped', icon: 'stop', tone: 'neutral', meaning: 'It was stopped by hand; it can be resumed.' },
  failed: { label: 'failed', icon: 'error', tone: 'fail', meaning: 'Training ended with an error.' },
  interrupted: {
    label: 'interrupted',
    icon: 'warning',
    tone: 'warn',
    meaning:
      'The trainer process vanished: it was killed, or the machine went down. Everything up to its last checkpoint is kept.',
  },
};

/** Of runs that a callback completed before their last epoch. */
export const endedByWords: Readonly<Record<EndedBy, StateWords>> = {
  earlyStopping: {
    label: 'completed early',
    icon: 'success',
    tone: 'good',
    meaning: 'Early stopping ended it: the metric that it watches had stopped improving.',
  },
};
