import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bestRule, isBest } from '../../src-shared/training/callbacks/best-epoch.ts';
import type { BestEpochState } from '../../src-shared/training/callbacks/best-epoch.ts';
import {
  afterEpoch,
  earlyStoppingSchema,
  firstEarlyStopping,
} from '../../src-shared/training/callbacks/early-stopping.ts';
import type { EarlyStopping } from '../../src-shared/training/callbacks/early-stopping.ts';
import { directionOf, monitoredMetrics } from '../../src-shared/training/callbacks/monitor.ts';
import type { Direction } from '../../src-shared/training/callbacks/monitor.ts';
import { metricDirections } from '../../src-shared/training/configuration/metrics.ts';
import { createRandom } from '../document/random-edits.ts';

interface Outcome {
  /** Epochs trained. */
  readonly epochs: number;
  readonly stopped: boolean;
  /** After each epoch. */
  readonly waits: readonly number[];
  /** Epoch of the best weights. */
  readonly best: number | null;
}

type Case = Pick<EarlyStopping, 'patience' | 'minDelta' | 'startFromEpoch' | 'baseline'> & {
  readonly mode: Direction;
  readonly values: readonly (number | null)[];
} & Outcome;

const fixtures = JSON.parse(readFileSync(new URL('../fixtures/early-stopping.json', import.meta.url), 'utf8')) as {
  readonly directions: Readonly<Record<string, Direction | null>>;
  readonly cases: readonly Case[];
};

/** Trains with these values of the metric; NaN where there is none. */
function train(options: EarlyStopping, direction: Direction, values: readonly number[]): Outcome {
  const rule = bestRule({ earlyStopping: options })!;
  let state = firstEarlyStopping(options, direction);
  let best: BestEpochState = null;
  const waits: number[] = [];
  for (const [index, value] of values.entries()) {
    const epoch = index + 1;
    if (isBest(rule, best, epoch, value, direction)) best = { epoch, value, monitor: rule.monitor.monitor };
    state = afterEpoch(options, state, epoch, value);
    waits.push(state.wait);
    if (state.stopped) break;
  }
  return { epochs: waits.length, stopped: state.stopped, waits, best: best?.epoch ?? null };
}

describe('early stopping', () => {
  it(`does what Keras does in ${fixtures.cases.length} sequences`, () => {
    const wrong = fixtures.cases.filter(({ values, epochs, stopped, waits, best, mode, ...options }) => {
      const parsed = earlyStoppingSchema.parse({ ...options, mode });
      const outcome = train(
        parsed,
        mode,
        values.map((value) => value ?? Number.NaN),
      );
      return JSON.stringify(outcome) !== JSON.stringify({ epochs, stopped, waits, best });
    });
    expect(wrong).toEqual([]);
    // Every patience ends some runs, and leaves others to their end.
    for (const patience of [0, 1, 2, 3]) {
      const of = fixtures.cases.filter((each) => each.patience === patience);
      expect(new Set(of.map(({ stopped }) => stopped))).toEqual(new Set([true, false]));
    }
  });

  it.each([
    ['min', [Number.NaN, 0.5, 0.6], 3, 2],
    ['max', [Number.NaN, Number.NaN, 0.5], 2, null],
    ['min', [Number.POSITIVE_INFINITY, 0.5, 0.4], 3, 3],
  ] as const)('a value that is not finite is never the best: %s of %j', (direction, values, epochs, best) => {
    const options = earlyStoppingSchema.parse({ patience: 2, mode: direction });
    const outcome = train(options, direction, values);
    expect([outcome.epochs, outcome.best]).toEqual([epochs, best]);
  });

  const SEED = 20_261_130;
  it(`ends random sequences where a search over all epochs says so (seed ${SEED})`, () => {
    const random = createRandom(SEED);
    const draw = <Value>(...values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!;
    for (let round = 0; round < 2_000; round++) {
      const direction = draw<Direction>('min', 'max');
      const options = earlyStoppingSchema.parse({
        mode: direction,
        patience: draw(0, 1, 2, 3, 5),
        minDelta: draw(0, 0, 0.125),
        startFromEpoch: draw(0, 0, 1, 3),
      });
      // Eighths and the smallest change are exact in float32.
      const values = Array.from({ length: 1 + Math.floor(random() * 14) }, () =>
        random() < 0.15 ? Number.NaN : Math.floor(random() * 16) / 8,
      );
      const { epochs, stopped, best } = train(options, direction, values);
      expect({ epochs, stopped, best }, JSON.stringify({ options, values })).toEqual(
        searched(options, direction, values),
      );
    }
  });
});

/** The same outcome without a counter: for each epoch, the last record before it is searched in all values. */
function searched(
  { patience, minDelta, startFromEpoch }: EarlyStopping,
  direction: Direction,
  values: readonly number[],
) {
  const goodness = values.map((value) => (direction === 'min' ? -value : value));
  const records: number[] = [];
  goodness.forEach((value, index) => {
    const held = records.at(-1);
    const record = held === undefined ? !Number.isNaN(value) : value > goodness[held]! + minDelta;
    if (index >= startFromEpoch && record) records.push(index);
  });
  const end = goodness.findIndex((_, index) => {
    if (index === 0 || index < startFromEpoch || records.includes(index)) return false;
    const since = records.findLast((record) => record < index) ?? startFromEpoch - 1;
    return index - since >= patience;
  });
  const epochs = end < 0 ? values.length : end + 1;
  const best = records.findLast((record) => record < epochs);
  return { epochs, stopped: end >= 0, best: best === undefined ? null : best + 1 };
}

describe("a monitor's direction", () => {
  it('is the one that Keras finds', () => {
    const { loss, own, ...named } = fixtures.directions;
    expect(metricDirections).toEqual(named);
    const metrics = monitoredMetrics([{ name: 'own', direction: null }], true);
    expect(directionOf({ monitor: 'val_loss', mode: 'auto' }, metrics)).toEqual({ direction: loss });
    expect(own).toBeNull();
    expect(directionOf({ monitor: 'val_own', mode: 'auto' }, metrics)).toHaveProperty('fault');
    expect(directionOf({ monitor: 'val_own', mode: 'max' }, metrics)).toEqual({ direction: 'max' });
  });

  it('is missing for a metric that there is not', () => {
    const metrics = monitoredMetrics([{ name: 'accuracy', direction: 'max' }], false);
    expect(directionOf({ monitor: 'val_loss', mode: 'min' }, metrics)).toHaveProperty('fault');
    expect(directionOf({ monitor: 'accuracy', mode: 'auto' }, metrics)).toEqual({ direction: 'max' });
  });
});
