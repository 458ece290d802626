import { expect, test } from 'vitest';
import { issuesText } from '../../src-shared/text/issue-text.ts';
import {
  defaultTrainingConfiguration,
  trainingConfigurationSchema,
} from '../../src-shared/training/configuration/configuration.ts';
import {
  defaultOptimizer,
  optimizerKinds,
  optimizerSchema,
} from '../../src-shared/training/configuration/optimizers.ts';

test('configurations of versions without schedules parse', () => {
  const before: Record<string, unknown> = { ...defaultTrainingConfiguration };
  delete before['schedule'];
  expect(trainingConfigurationSchema.parse(before)).toEqual(defaultTrainingConfiguration);
  const sgd = { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true };
  expect(trainingConfigurationSchema.parse({ ...before, optimizer: sgd }).optimizer).toEqual(sgd);
});

test.each([
  [{ learningRate: 1e300 }, ['learningRate']],
  [{ learningRate: 1e-300 }, ['learningRate']],
  [{ epsilon: 1e-300 }, ['epsilon']],
  [{ beta2: 0.999999999 }, ['beta2']],
  [{ weightDecay: 1e39 }, ['weightDecay']],
  [{ clip: { by: 'norm', limit: 1e-50 } }, ['clip', 'limit']],
])('%j is rejected because float32 cannot represent it', (options, path) => {
  const { error } = optimizerSchema.safeParse({ ...defaultOptimizer('adam'), ...options });
  expect(error?.issues.map((issue) => issue.path)).toEqual([path]);
  expect(issuesText(error!)).toContain('32-bit');
});

test('every optimizer kind has defaults that parse unchanged', () => {
  const kinds = optimizerSchema.options.map((option) => option.shape.kind.value);
  expect([...optimizerKinds].sort()).toEqual([...kinds].sort());
  for (const kind of optimizerKinds) {
    const optimizer = defaultOptimizer(kind);
    expect(optimizer.kind).toBe(kind);
    expect(optimizerSchema.parse(optimizer)).toEqual(optimizer);
  }
  expect(defaultOptimizer('adam')).toEqual(defaultTrainingConfiguration.optimizer);
});
