import { expect, test } from 'vitest';
import { defaultTrainingConfiguration, trainingConfigurationSchema } from '../../src-shared/training/configuration.ts';
import { defaultOptimizer, optimizerKinds, optimizerSchema } from '../../src-shared/training/optimizers.ts';

test('configurations written before there were schedules parse', () => {
  const before: Record<string, unknown> = { ...defaultTrainingConfiguration };
  delete before['schedule'];
  expect(trainingConfigurationSchema.parse(before)).toEqual(defaultTrainingConfiguration);
  const sgd = { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true };
  expect(trainingConfigurationSchema.parse({ ...before, optimizer: sgd }).optimizer).toEqual(sgd);
});

test('every kind is offered, with defaults that parse as they are', () => {
  const kinds = optimizerSchema.options.map((option) => option.shape.kind.value);
  expect([...optimizerKinds].sort()).toEqual([...kinds].sort());
  for (const kind of optimizerKinds) {
    const optimizer = defaultOptimizer(kind);
    expect(optimizer.kind).toBe(kind);
    expect(optimizerSchema.parse(optimizer)).toEqual(optimizer);
  }
  expect(defaultOptimizer('adam')).toEqual(defaultTrainingConfiguration.optimizer);
});
