import { describe, expect, test } from 'vitest';
import { scheduleFault } from '../../src-shared/training/schedules/fault.ts';
import { afterEpoch, firstPlateau } from '../../src-shared/training/schedules/performance.ts';
import {
  learningRateAt,
  momentumAt,
  scheduleSchema,
  schedulesMomentum,
  usesLearningRate,
} from '../../src-shared/training/schedules/schedule.ts';
import type { Schedule, ScheduleOf } from '../../src-shared/training/schedules/schedule.ts';
import type { EncodedArray } from '../support/keras-fixtures.ts';
import { decodeFloats, readFixture } from '../support/keras-fixtures.ts';
import { torchOneCycle } from '../support/optimizer-fixtures.ts';

interface SchedulesFile {
  readonly learningRate: number;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly losses: readonly number[];
  readonly plateaus: readonly { readonly schedule: unknown; readonly rates: EncodedArray }[];
  readonly cases: readonly { readonly schedule: unknown; readonly rates: EncodedArray }[];
}

/** Learning rates of each step of a run of `totalSteps`. */
function rates(schedule: Schedule, learningRate: number, totalSteps: number, stepsPerEpoch: number): number[] {
  return Array.from({ length: totalSteps }, (_, step) =>
    learningRateAt(learningRate, schedule, {
      step,
      epoch: Math.floor(step / stepsPerEpoch),
      totalSteps,
      stepsPerEpoch,
    }),
  );
}

/** Learning rates for an initial rate of 1 over 100 steps, 10 per epoch. */
const ratesOf = (schedule: unknown): number[] => rates(scheduleSchema.parse(schedule), 1, 100, 10);

describe('schedules equal Keras', () => {
  const { learningRate, totalSteps, stepsPerEpoch, cases, losses, plateaus } =
    readFixture<SchedulesFile>('schedules.json');
  test.each(cases.map(({ schedule, rates: expected }) => [JSON.stringify(schedule), schedule, expected] as const))(
    '%s',
    (_, schedule, expected) => {
      const received = rates(scheduleSchema.parse(schedule), learningRate, totalSteps, stepsPerEpoch);
      for (const [step, rate] of decodeFloats(expected).entries()) {
        // Keras computes in float32; near the end of a cosine its error is absolute, not relative.
        expect(Math.abs(received[step]! - rate), `step ${step}`).toBeLessThan(1e-5 * rate + 1e-9);
      }
    },
  );
  test.each(plateaus.map(({ schedule, rates: expected }) => [JSON.stringify(schedule), schedule, expected] as const))(
    '%s, epoch by epoch',
    (_, given, expected) => {
      const schedule = scheduleSchema.parse(given) as ScheduleOf<'performance'>;
      let plateau = firstPlateau;
      for (const [epoch, rate] of decodeFloats(expected).entries()) {
        plateau = afterEpoch(schedule, plateau, losses[epoch]!);
        const position = { step: epoch, epoch, totalSteps, stepsPerEpoch, reductions: plateau.reductions };
        const received = learningRateAt(learningRate, schedule, position);
        expect(Math.abs(received - rate), `epoch ${epoch}`).toBeLessThan(1e-5 * rate);
      }
    },
  );
});

describe('momentum of 1cycle', () => {
  const { total, every, learningRate, rates: torchRates, momenta: torchMomenta } = torchOneCycle();
  const schedule = scheduleSchema.parse({ kind: 'oneCycle', momentum: {}, endFraction: 0.0001 });
  const positions = Array.from({ length: total / every }, (_, index) => {
    return { step: index * every, epoch: 0, totalSteps: total, stepsPerEpoch: total };
  });

  test("equals PyTorch's up to two steps", () => {
    const perStep = 0.1 / (0.45 * total);
    decodeFloats(torchMomenta).forEach((expected, index) => {
      expect(Math.abs(momentumAt(schedule, positions[index]!)! - expected)).toBeLessThan(2.01 * perStep);
    });
    decodeFloats(torchRates).forEach((expected, index) => {
      const received = learningRateAt(learningRate, schedule, positions[index]!);
      expect(Math.abs(received - expected)).toBeLessThan((2.01 * learningRate) / (0.45 * total));
    });
  });

  test('mirrors the learning rate, and stays constant afterwards', () => {
    for (const position of positions) {
      const momentum = momentumAt(schedule, position)!;
      const share = (learningRateAt(1, schedule, position) - 0.1) / 0.9;
      expect(momentum).toBeCloseTo(0.95 - 0.1 * Math.max(0, share), 10);
    }
  });

  test('is constant during warm-up, and null without the option', () => {
    const warm = scheduleSchema.parse({ kind: 'oneCycle', momentum: { high: 0.9, low: 0.5 }, warmUp: { length: 10 } });
    const at = (step: number) => momentumAt(warm, { step, epoch: 0, totalSteps: 110, stepsPerEpoch: 110 });
    expect([at(0), at(10), at(55), at(100), at(109)]).toEqual([0.9, 0.9, 0.5, 0.9, 0.9]);
    expect(schedulesMomentum(warm)).toBe(true);
    expect(schedulesMomentum(scheduleSchema.parse({ kind: 'oneCycle' }))).toBe(false);
    expect(momentumAt(scheduleSchema.parse({ kind: 'cosine' }), positions[0]!)).toBe(null);
  });
});

describe('schedules follow their formula', () => {
  const close = (schedule: unknown, expected: Readonly<Record<number, number>>): void => {
    const received = ratesOf(schedule);
    for (const [step, rate] of Object.entries(expected)) expect(received[Number(step)], step).toBeCloseTo(rate, 12);
  };

  test('constant', () => expect(new Set(ratesOf({ kind: 'constant' }))).toEqual(new Set([1])));
  test('power halves after its length', () => close({ kind: 'power', length: 20 }, { 0: 1, 20: 1 / 2, 40: 1 / 3 }));
  test('exponential', () =>
    close({ kind: 'exponential', length: 20, decayRate: 0.1 }, { 0: 1, 10: Math.sqrt(0.1), 20: 0.1, 40: 0.01 }));
  test('exponential in stairs', () =>
    close({ kind: 'exponential', length: 20, decayRate: 0.1, staircase: true }, { 19: 1, 20: 0.1, 39: 0.1 }));
  test('piecewise constant changes after its boundary', () =>
    close({ kind: 'piecewise', pieces: [{ after: 10, learningRate: 0.5 }] }, { 10: 1, 11: 0.5, 99: 0.5 }));
  test('polynomial', () =>
    close({ kind: 'polynomial', length: 50, endLearningRate: 0.2, power: 2 }, { 0: 1, 25: 0.4, 50: 0.2, 99: 0.2 }));
  test('cosine over the run', () => close({ kind: 'cosine', alpha: 0.2 }, { 0: 1, 50: 0.6 }));
  test('cosine with restarts', () =>
    close(
      { kind: 'cosineRestarts', length: 10, restartFactor: 0.5 },
      { 0: 1, 5: 0.5, 10: 0.5, 20: 0.25, 30: 0.25, 70: 0.125 },
    ));
  test('1cycle', () => {
    close({ kind: 'oneCycle' }, { 0: 0.1, 45: 1, 90: 0.1 });
    const received = ratesOf({ kind: 'oneCycle' });
    expect(received.indexOf(Math.max(...received))).toBe(45);
    expect(received[99]).toBeLessThan(0.02);
  });
  test('warm-up precedes any schedule', () => {
    const warmUp = { length: 20, from: 0.2 };
    close({ kind: 'exponential', length: 20, decayRate: 0.1, warmUp }, { 0: 0.2, 10: 0.6, 20: 1, 40: 0.1 });
    close({ kind: 'oneCycle', warmUp: { length: 10 } }, { 0: 0, 5: 0.05, 10: 0.1 });
    close({ kind: 'constant', unit: 'epoch', warmUp: { length: 2 } }, { 0: 0, 9: 0, 10: 0.5, 20: 1 });
  });
  test('formula of the position', () => {
    const formula = 'initial * 0.1^(epoch / epochs) + step / total_steps / steps_per_epoch';
    close({ kind: 'formula', formula }, { 0: 1, 25: 0.1 ** 0.2 + 25 / 1000, 99: 0.1 ** 0.9 + 99 / 1000 });
    close({ kind: 'formula', unit: 'epoch', formula: 'step' }, { 0: 0, 9: 0, 10: 10, 99: 90 });
    close({ kind: 'formula', formula: 'initial', warmUp: { length: 4 } }, { 0: 0, 2: 0.5, 4: 1, 50: 1 });
  });
  test('a cosine written as a formula equals the cosine schedule', () => {
    const byFormula = ratesOf({ kind: 'formula', formula: 'initial * 0.5 * (1 + cos(pi * step / total_steps))' });
    ratesOf({ kind: 'cosine' }).forEach((rate, step) => expect(byFormula[step]).toBeCloseTo(rate, 12));
  });
  test('an invalid formula is rejected with its position', () => {
    const { error } = scheduleSchema.safeParse({ kind: 'formula', formula: 'initial * step_s' });
    expect(error?.issues).toMatchObject([{ path: ['formula'], message: expect.stringContaining('11') as string }]);
  });
  test('scheduleFault reports a rate that is negative or not finite', () => {
    const fault = (formula: string): string | null =>
      scheduleFault(scheduleSchema.parse({ kind: 'formula', formula }), 1, 100, 10);
    expect(fault('initial / (1 + step)')).toBeNull();
    expect(scheduleFault(scheduleSchema.parse({ kind: 'cosine' }), 1, 100, 10)).toBeNull();
    const growing = scheduleSchema.parse({ kind: 'exponential', decayRate: 10, length: 1 });
    const faults = [fault('initial * (50 - step)'), fault('log(step)'), scheduleFault(growing, 1, 100, 10)];
    expect(faults).toMatchInlineSnapshot(`
      [
        "The schedule expected a learning rate from 0 to 3.4e+38 at every step; received -1 at step 51 (epoch 5) from initial * (50 - step). Change the formula, for instance with max(…, 0).",
        "The schedule expected a learning rate from 0 to 3.4e+38 at every step; received -Infinity at step 0 (epoch 0) from log(step). Change the formula, for instance with max(…, 0).",
        "The schedule expected a learning rate from 0 to 3.4e+38 at every step; received 1e+39 at step 39 (epoch 3). Change the settings of the schedule, or train for fewer epochs.",
      ]
    `);
  });
  test('with unit epoch the rate is constant within an epoch', () =>
    close({ kind: 'power', unit: 'epoch', length: 1 }, { 0: 1, 9: 1, 10: 1 / 2, 19: 1 / 2, 20: 1 / 3 }));
  test('rates are never negative, even in runs of one step', () => {
    const kinds = [
      { kind: 'polynomial' },
      { kind: 'cosine', warmUp: { length: 200 } },
      { kind: 'oneCycle', lastPart: 0 },
    ];
    for (const schedule of kinds) {
      for (const total of [1, 2, 100]) {
        for (const rate of rates(scheduleSchema.parse(schedule), 1, total, 1)) expect(rate).toBeGreaterThanOrEqual(0);
      }
    }
  });
  test('pieces out of order are rejected', () => {
    const pieces = [
      { after: 10, learningRate: 1 },
      { after: 10, learningRate: 2 },
    ];
    expect(scheduleSchema.safeParse({ kind: 'piecewise', pieces }).success).toBe(false);
  });
});

describe("the optimizer's learning rate", () => {
  const isUsed = (schedule: unknown, step: number): boolean =>
    usesLearningRate(scheduleSchema.parse(schedule), {
      step,
      epoch: Math.floor(step / 10),
      totalSteps: 100,
      stepsPerEpoch: 10,
    });

  test.each([
    ['step', undefined, 20],
    ['epoch', undefined, 209],
    ['step', { length: 5 }, 25],
  ] as const)('is used up to the end of the first piece, in units of one %s, warm-up %o', (unit, warmUp, last) => {
    const schedule = { kind: 'piecewise', unit, warmUp, pieces: [{ after: 20, learningRate: 0.5 }] };
    expect([isUsed(schedule, 0), isUsed(schedule, last), isUsed(schedule, last + 1)]).toEqual([true, true, false]);
  });

  test('is used by a formula with initial', () => {
    const formulas = ['initial / (1 + step)', '0.01 / (1 + step)'];
    expect(formulas.map((formula) => isUsed({ kind: 'formula', formula }, 3))).toEqual([true, false]);
  });
});
