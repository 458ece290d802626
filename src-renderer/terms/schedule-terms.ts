import type { ScheduleKind } from '../../src-shared/training/schedules/schedule.ts';
import type { Term } from './optimizer-terms.ts';

/** What each schedule is; t is the time in its unit, L its length, η the optimizer's learning rate. */
export const scheduleTerms: Readonly<Record<ScheduleKind, Term>> = {
  constant: { name: 'Constant', help: 'The same learning rate throughout.', formula: 'η(t) = η' },
  exponential: {
    name: 'Exponential',
    help: 'Falls by the same factor over each length.',
    formula: 'η(t) = η·rate^(t / L)',
  },
  power: {
    name: 'Power',
    help: 'Falls fast at first, then ever slower.',
    formula: 'η(t) = η / (1 + rate·t / L)^power',
  },
  piecewise: {
    name: 'Piecewise constant',
    help: 'A separate learning rate for each part of the run.',
    formula: 'η(t) = rate of the last piece with t > after',
  },
  polynomial: {
    name: 'Polynomial',
    help: 'Falls to an end value; with power 1 in a line.',
    formula: 'η(t) = (η − end)·(1 − t / L)^power + end',
  },
  cosine: {
    name: 'Cosine',
    help: 'Falls slowly, then fast, then slowly to its end.',
    formula: 'η(t) = η·((1 − α)·(1 + cos(π·t / L)) / 2 + α)',
  },
  cosineRestarts: {
    name: 'Cosine with restarts',
    help: 'Falls along a cosine, jumps back and falls again, more slowly.',
    formula: 'η(t) = η·((1 − α)·fⁱ·(1 + cos(π·s)) / 2 + α)\ni: the period, s: the share of it passed',
  },
  performance: {
    name: 'Performance',
    help: 'Falls when the validation loss no longer improves; drawn as if it always did.',
    formula: 'η ← max(η·factor, end), after patience epochs without improvement',
  },
  oneCycle: {
    name: '1cycle',
    help: 'Rises to the learning rate, comes back, ends far lower; allows large rates.',
    formula: 'start → η → start, each in a line; then to the end over the last part',
  },
  formula: {
    name: 'Formula…',
    help: 'One of your own.',
    formula: 'η(t) = a formula of step, epoch, initial, …',
  },
};

export const scheduleKinds = Object.keys(scheduleTerms) as ScheduleKind[];

export interface FieldWords {
  readonly label: string;
  readonly hint: string;
  readonly step?: number;
  /** Shown where nothing is given. */
  readonly placeholder?: string;
}

/** Numbers and switches of the schedules by their name in the schema. */
export const scheduleFieldTerms: Readonly<Record<string, FieldWords>> = {
  length: {
    label: 'Length L',
    hint: 'A stretch of time in the unit above.\nEmpty: the whole run.',
    placeholder: 'run',
  },
  decayRate: { label: 'Decay rate', hint: 'How much it falls over each length.', step: 0.1 },
  power: { label: 'Power', hint: '1: a line. Higher: faster at first.', step: 0.5 },
  staircase: { label: 'Staircase', hint: 'Falls only at the end of each length: t / L is rounded down.' },
  endLearningRate: { label: 'End', hint: 'The learning rate at the end.', step: 0.0001 },
  cycle: { label: 'Cycle', hint: 'Begins again when it has come to its end.' },
  alpha: { label: 'α', hint: 'What remains at the end, as a share of η.', step: 0.01 },
  lengthFactor: { label: 'Length factor', hint: 'Length of each period over the one before.', step: 0.5 },
  restartFactor: { label: 'Restart factor', hint: 'f: the rate at each restart over the one before.', step: 0.1 },
  startFraction: { label: 'Start', hint: 'Where it begins, as a share of η.', step: 0.05 },
  endFraction: { label: 'End', hint: 'Where it ends, as a share of η.', step: 0.0001 },
  factor: { label: 'Factor', hint: 'What each reduction multiplies the rate by.', step: 0.1 },
  patience: { label: 'Patience', hint: 'Epochs without improvement before each reduction.' },
  minDelta: { label: 'Improvement', hint: 'The loss must fall by more than this to count.', step: 0.0001 },
  cooldown: { label: 'Cooldown', hint: 'Epochs after a reduction that are not counted.' },
  minLearningRate: { label: 'End', hint: 'The rate is not reduced below this.', step: 0.00001 },
  lastPart: { label: 'Last part', hint: 'Share of the run for the last descent.', step: 0.05 },
};

/** 1cycle's momentum. */
export const momentumTerms = {
  cycle:
    'Momentum (β₁ of Adam and its kin) falls while the learning rate rises, and comes back, in place of the optimizer’s own.\nL. N. Smith, arXiv:1803.09820',
  high: 'Where it begins and ends.',
  low: 'Where the learning rate is highest.',
} as const;
