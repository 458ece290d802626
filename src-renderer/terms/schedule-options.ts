import { scheduleSchema, type Schedule, type ScheduleKind } from '../../src-shared/training/schedules/schedule.ts';
import { formatCountOf } from '../ui/format/numbers.ts';
import { scheduleFieldTerms, scheduleTerms, type FieldWords } from './schedule-terms.ts';

/** Schedules as the form shows them; fields, defaults and limits come from the schema. */

/** What a schedule is preset for. */
export interface RunLength {
  readonly learningRate: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}

/** A schedule with defaults that fit the run: lengths of a quarter of it. */
export function presetSchedule(kind: ScheduleKind, unit: Schedule['unit'], run: RunLength): Schedule {
  const total = unit === 'epoch' ? run.epochs : run.epochs * run.stepsPerEpoch;
  const length = Math.max(1, Math.round(total / 4));
  switch (kind) {
    case 'power':
    case 'exponential':
    case 'cosineRestarts':
      return scheduleSchema.parse({ kind, unit, length });
    case 'piecewise': {
      const pieces = [1, 2].map((part) => ({ after: length * part, learningRate: run.learningRate / 10 ** part }));
      return { kind, unit, pieces };
    }
    case 'formula':
      return { kind, unit, formula: 'initial * 0.1^(epoch / epochs)' };
    case 'polynomial':
      return scheduleSchema.parse({ kind, unit, endLearningRate: run.learningRate / 100 });
    default:
      return scheduleSchema.parse({ kind, unit });
  }
}

export interface ScheduleField {
  readonly name: string;
  readonly words: FieldWords;
  /** Null: the whole run. */
  readonly value: number | boolean | null;
  /** May be empty. */
  readonly optional: boolean;
  readonly isDefault: boolean;
}

/** Numbers and switches of a schedule in the schema's order. */
export function scheduleFields(schedule: Schedule, run: RunLength): ScheduleField[] {
  const preset: Readonly<Record<string, unknown>> = presetSchedule(schedule.kind, schedule.unit, run);
  return Object.entries(schedule).flatMap(([name, value]: [string, unknown]): ScheduleField[] => {
    const words = scheduleFieldTerms[name];
    if (words === undefined || !(value === null || typeof value === 'number' || typeof value === 'boolean')) return [];
    return [{ name, words, value, optional: preset[name] === null, isDefault: value === preset[name] }];
  });
}

/** The schedule with a changed field, or the reason why the value is refused. */
export function withScheduleField(
  schedule: Schedule,
  name: string,
  value: unknown,
): { schedule: Schedule } | { fault: string } {
  const parsed = scheduleSchema.safeParse({ ...schedule, [name]: value });
  return parsed.success
    ? { schedule: parsed.data }
    : { fault: parsed.error.issues[0]?.message ?? 'Not a fitting value.' };
}

/** 'Exponential, length 15 epochs, warm-up of 2 epochs'; null where the rate is constant from the first step. */
export function scheduleWords(schedule: Schedule): string | null {
  const { kind, unit, warmUp } = schedule;
  if (kind === 'constant' && warmUp === undefined) return null;
  const length =
    'length' in schedule && schedule.length !== null ? [`length ${formatCountOf(schedule.length, unit)}`] : [];
  const rise = warmUp === undefined ? [] : [`warm-up of ${formatCountOf(warmUp.length, unit)}`];
  const momentum =
    kind === 'oneCycle' && schedule.momentum !== undefined
      ? [`momentum ${schedule.momentum.high} to ${schedule.momentum.low}`]
      : [];
  return [scheduleTerms[kind].name, ...length, ...momentum, ...rise].join(', ');
}
