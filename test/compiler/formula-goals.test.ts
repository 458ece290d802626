import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { metricNameFault, metricSchema } from '../../src-shared/training/configuration/metrics.ts';
import { lossSchema } from '../../src-shared/training/configuration/losses.ts';
import { classFeatures, configurationWith, dense, numericFeatures, sequentialDocument } from '../support/documents.ts';

const problems = (loss: string, classes = 0) => {
  const document = sequentialDocument([dense(classes === 0 ? 1 : classes, classes === 0 ? 'linear' : 'softmax')]);
  const features = classes === 0 ? numericFeatures([4]) : classFeatures([4], classes);
  const settings = { loss: lossSchema.parse({ formula: loss }), metrics: [] };
  return analyze(document, features, settings).problems;
};

describe('loss by formula', () => {
  test.each([
    '(y_true - y_pred)^2',
    'abs(y_true - y_pred)',
    'sum(y_true * -log(clip(y_pred, 1e-7, 1)))',
    'mean(y_pred)',
  ])('%s is valid for numbers and classes', (formula) => {
    expect(problems(formula)).toEqual([]);
    expect(problems(formula, 3)).toEqual([]);
  });

  const invalid = ['y_true', 'floor(y_pred) + y_true', '(y_pred > 0.5) == y_true', '3', 'y_pred^0'];

  test.each(invalid)('%s is an error', (formula) => {
    expect(problems(formula)).toMatchObject([{ code: 'target/loss', severity: 'error' }]);
  });

  test('messages of invalid formulas', () => {
    expect(invalid.map((formula) => problems(formula)[0]!.message)).toMatchInlineSnapshot(`
      [
        "The loss: Expected a formula with a gradient for y_pred; received y_true, whose gradient is 0 everywhere. Use y_pred without floor, sign or comparisons.",
        "The loss: Expected a formula with a gradient for y_pred; received floor(y_pred) + y_true, whose gradient is 0 everywhere. Use y_pred without floor, sign or comparisons.",
        "The loss: Expected a formula with a gradient for y_pred; received (y_pred > 0.5) == y_true, whose gradient is 0 everywhere. Use y_pred without floor, sign or comparisons.",
        "The loss: Expected values for each example; received a single value from 3. Use y_pred in it.",
        "The loss: Expected values for each example; received a single value from y_pred^0. Use y_pred in it.",
      ]
    `);
  });

  test('is parsed from the short form and stored with its name', () => {
    expect(lossSchema.parse({ formula: 'y_pred' })).toEqual({ name: 'formula', formula: 'y_pred' });
    expect(lossSchema.parse({ name: 'formula', formula: 'y_pred' })).toEqual({ name: 'formula', formula: 'y_pred' });
    expect(lossSchema.safeParse('formula').success).toBe(false);
    expect(lossSchema.safeParse({ formula: 'x' }).success).toBe(false);
  });
});

describe('metric by formula', () => {
  const formula = 'abs(y_true - y_pred) < 0.5';

  test('is reported by its name, next to other metrics', () => {
    const metrics = [metricSchema.parse('mae'), metricSchema.parse({ name: 'near', formula })];
    const result = compileModel(sequentialDocument([dense(1)]), numericFeatures([4]), configurationWith({ metrics }));
    if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
    expect(result.model.metrics.map(({ name }) => name)).toEqual(['mae', 'near']);
  });

  const badNames = ['accuracy', 'loss', 'val_near', '1st', '', 'a b'];

  test('messages of rejected names', () => {
    expect(badNames.map(metricNameFault)).toMatchInlineSnapshot(`
      [
        "Another name than accuracy is needed, which a metric has.",
        "Another name than loss is needed, which Keras uses itself.",
        "Another name than val_near is needed, which Keras uses itself.",
        "Letters, digits and _ are needed, with a letter first.",
        "Letters, digits and _ are needed, with a letter first.",
        "Letters, digits and _ are needed, with a letter first.",
      ]
    `);
  });

  test.each(badNames)('rejects the name "%s"', (name) => {
    expect(metricNameFault(name)).not.toBeNull();
    if (name !== 'accuracy') expect(metricSchema.safeParse({ name, formula }).success).toBe(false);
  });

  test('is an error without one value per example', () => {
    const metrics = [metricSchema.parse({ name: 'own', formula: '1' })];
    const document = sequentialDocument([dense(1)]);
    const analysis = analyze(document, numericFeatures([4]), { loss: 'auto', metrics });
    expect(analysis.problems).toMatchObject([{ code: 'target/metric', severity: 'error' }]);
    expect(analysis.problems[0]!.message).toMatchInlineSnapshot(
      `"The metric own: Expected values for each example; received a single value from 1. Use y_pred in it."`,
    );
  });
});
