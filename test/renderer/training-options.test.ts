import { expect, test } from 'vitest';
import {
  defaultOptimizer,
  optimizerKinds,
  optimizerSchema,
} from '../../src-shared/training/configuration/optimizers.ts';
import { scheduleSchema } from '../../src-shared/training/schedules/schedule.ts';
import { optimizerWords, presetOptimizer } from '../../src-renderer/terms/optimizer-options.ts';
import {
  presetSchedule,
  scheduleFields,
  scheduleWords,
  withScheduleField,
} from '../../src-renderer/terms/schedule-options.ts';
import { scheduleKinds } from '../../src-renderer/terms/schedule-terms.ts';

const run = { learningRate: 0.01, epochs: 20, stepsPerEpoch: 50 };

test.each(scheduleKinds.flatMap((kind) => [[kind, 'step'] as const, [kind, 'epoch'] as const]))(
  'the preset of %s in %ss is a schedule whose fields have their defaults',
  (kind, unit) => {
    const preset = presetSchedule(kind, unit, run);
    expect(scheduleSchema.parse(preset)).toEqual(preset);
    expect(preset).toMatchObject({ kind, unit });
    for (const field of scheduleFields(preset, run)) expect(field.isDefault, field.name).toBe(true);
  },
);

test('withScheduleField rejects values out of range', () => {
  const cosine = presetSchedule('cosine', 'step', run);
  expect(withScheduleField(cosine, 'alpha', 2)).toHaveProperty('fault');
  expect(withScheduleField(cosine, 'alpha', 0.5)).toEqual({ schedule: { ...cosine, alpha: 0.5 } });
  expect(withScheduleField(cosine, 'length', 100)).toEqual({ schedule: { ...cosine, length: 100 } });
});

test('optimizerWords and scheduleWords describe the settings of a run', () => {
  expect(optimizerWords(defaultOptimizer('nadam'))).toBe('Nadam, learning rate 0.001');
  const clip = { by: 'globalNorm', limit: 1 } as const;
  expect(optimizerWords({ ...defaultOptimizer('sgd'), momentum: 0.9, clip, gradientAccumulationSteps: 4 })).toBe(
    'SGD, learning rate 0.01, Momentum 0.9, clipped to 1 by global norm, updates every 4 steps',
  );
  expect(scheduleWords(presetSchedule('constant', 'step', run))).toBeNull();
  const warmUp = { length: 2, from: 0 };
  expect(scheduleWords({ ...presetSchedule('exponential', 'epoch', run), warmUp })).toBe(
    'Exponential, length 5 epochs, warm-up of 2 epochs',
  );
  const ema = { momentum: 0.9, overwriteFrequency: 100 };
  expect(optimizerWords({ ...defaultOptimizer('nadam'), ema })).toBe(
    'Nadam, learning rate 0.001, weights averaged (0.9, overwritten every 100)',
  );
  expect(scheduleWords(scheduleSchema.parse({ kind: 'oneCycle', momentum: {} }))).toBe('1cycle, momentum 0.95 to 0.85');
  for (const kind of optimizerKinds) expect(optimizerSchema.parse(presetOptimizer(kind)).kind).toBe(kind);
});
