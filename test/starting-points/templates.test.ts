import { describe, expect, test } from 'vitest';
import { fitOfData } from '../../src-renderer/starting-points/fit-of-data.ts';
import { analyze } from '../../src-shared/compiler/analyze.ts';
import { compileModel } from '../../src-shared/compiler/compile-model.ts';
import type { ModelFeatures } from '../../src-shared/compiler/inputs.ts';
import type { FeatureSpec } from '../../src-shared/dataset/prepared.ts';
import { applyChange } from '../../src-shared/document/operations.ts';
import { replaceModel } from '../../src-shared/starting-points/sketch.ts';
import { templates } from '../../src-shared/starting-points/templates/templates.ts';
import { classFeatures, configurationWith, numericFeatures, sequentialDocument } from '../support/documents.ts';

const several: ModelFeatures = {
  ...numericFeatures([8]),
  targets: [...numericFeatures([8]).targets, ...classFeatures([8], 3).targets],
};
const tables = ['mlp-regressor', 'selu-stack', 'wide-and-deep', 'auxiliary-output', 'lstm'];
const classTables = tables.map((id) => (id === 'mlp-regressor' ? 'mlp-classifier' : id));
const images = ['mlp-classifier', 'selu-stack', 'cnn', 'resnet'];

/** Data and the templates that suit it. */
const data: [string, ModelFeatures, string[]][] = [
  ['a number', numericFeatures([8]), tables],
  ['two classes', classFeatures([4], 2), classTables],
  ['three classes', classFeatures([4], 3), classTables],
  ['grey images of ten classes', classFeatures([28, 28, 1], 10), images],
  ['small colour images of two classes', classFeatures([8, 8, 3], 2), images],
  ['a number of images', numericFeatures([28, 28, 1]), ['mlp-regressor', 'selu-stack', 'cnn', 'resnet']],
  ['sequences of a class', classFeatures([20, 3], 5), ['mlp-classifier', 'selu-stack', 'lstm']],
  ['several targets', several, tables],
];

describe.each(data)('templates for %s', (_name, features, expected) => {
  const fit = fitOfData(features as FeatureSpec);
  const suited = templates.filter((template) => template.unsuited(fit) === null);

  test('those that suit it are offered', () => {
    expect(suited.map(({ id }) => id)).toEqual(expected);
  });

  test.each(suited.map((template) => [template.id, template] as const))('%s compiles without an error', (_id, it) => {
    let ids = 0;
    const empty = { ...sequentialDocument([]), nodes: [], edges: [] };
    const { change } = replaceModel(empty, it.build(fit), it.title, () => `id${ids++}`);
    const { document } = applyChange(empty, change);
    const { problems } = analyze(document, features);
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    const compiled = compileModel(document, features, configurationWith({ batchSize: 4 }));
    expect(compiled.ok).toBe(true);
  });
});
