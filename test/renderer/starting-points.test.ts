import { expect, test } from 'vitest';
import { fittedGoals } from '../../src-renderer/starting-points/fitted-goals.ts';
import { classFeatures, configurationWith, dense, numericFeatures, sequentialDocument } from '../support/documents.ts';
import { begun, templateCases, templateOf } from '../support/template-cases.ts';

const housing = configurationWith({ loss: 'huber', metrics: ['mape'] });

test('loss and metrics that were set for another kind of target are chosen from the target again', () => {
  const survived = classFeatures([4], 2);
  const model = sequentialDocument([dense(1, 'sigmoid')]);
  expect(fittedGoals(model, survived, configurationWith({ loss: 'poisson', metrics: ['mape'] }), {})).toMatchObject({
    loss: 'auto',
    metrics: [],
  });
  const number = sequentialDocument([dense(1)]);
  expect(fittedGoals(number, numericFeatures([4]), housing, {})).toEqual(housing);
  expect(fittedGoals(model, null, housing, {})).toEqual(housing);
});

test('of several Outputs those are chosen again that do not fit', () => {
  const { features } = templateCases.find(({ data }) => data === 'several targets')!;
  const model = begun(templateOf('multi-output'), features);
  const goals = fittedGoals(model, features, housing, {});
  expect(goals.loss).toBe('huber');
  expect(goals.outputs).toEqual({
    größe_size: { loss: 'auto', metrics: [] },
    output_val: { loss: 'auto', metrics: [] },
  });
});

test('the auxiliary output counts a tenth; what was set for Outputs of other names stays', () => {
  const template = templateOf('auxiliary-output');
  const features = numericFeatures([8]);
  const own = 'goals' in template ? (template.goals ?? {}) : {};
  const before = configurationWith({ outputs: { main: { loss: 'huber' }, other: { lossWeight: 3 } } });
  expect(fittedGoals(begun(template, features), features, before, own).outputs).toEqual({
    main: { loss: 'huber', lossWeight: 0.9 },
    auxiliary: { lossWeight: 0.1 },
    other: { lossWeight: 3 },
  });
});
