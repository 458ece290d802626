import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { adoptSource } from '../../src-shared/data/adopt-source.ts';
import { detectDataset } from '../../src-main/data/formats/find-source.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import { parseDatasetDocument } from '../../src-shared/data/parse.ts';
import { parseModelDocument } from '../../src-shared/document/reading/parse.ts';
import { PROJECT_FILE, projectDocumentSchema } from '../../src-shared/project/project-document.ts';
import { errorOf, hasSharedData, sharedData } from './support.ts';
import { splitArrays } from '../support/session-data.ts';

const examples = resolve(import.meta.dirname, '../../examples');
const read = (name: string, file: string): unknown => JSON.parse(readFileSync(join(examples, name, file), 'utf8'));

describe.each(['spirals', 'mnist', 'housing', 'wide-and-deep', 'perceptron', 'xor', 'pictures', 'ants-or-bees'])(
  'example %s',
  (name) => {
    test('has valid documents whose edges connect existing nodes', () => {
      const project = projectDocumentSchema.parse(read(name, PROJECT_FILE));
      const { document: model, warnings } = parseModelDocument(read(name, project.modelFile));
      expect(warnings).toEqual([]);
      expect(parseDatasetDocument(read(name, project.datasetFile)).warnings).toEqual([]);
      const ids = new Set(model.nodes.map((node) => node.id));
      expect(ids.size).toBe(model.nodes.length);
      const { document: dataset } = parseDatasetDocument(read(name, project.datasetFile));
      // Projects whose data is not included.
      if (dataset.source.kind !== 'generated') expect(dataset.wanted).toMatch(/\w{4}/);
      expect(model.edges.every((edge) => ids.has(edge.source) && ids.has(edge.target))).toBe(true);
    });
  },
);

/** Compiles an example's model for prepared data and expects the parameter count of the textbook. */
function parametersOf(name: string, spec: FeatureSpec): number {
  const project = projectDocumentSchema.parse(read(name, PROJECT_FILE));
  const model = parseModelDocument(read(name, project.modelFile)).document;
  const compiled = compileModel(model, spec, project.configuration);
  if (!compiled.ok) throw new Error(compiled.problems.map((problem) => problem.message).join('\n'));
  expect(compiled.model.analysis.problems).toEqual([]);
  return compiled.model.analysis.parameters;
}

/** As `--source` does. */
async function withSource(name: string, path: string): Promise<DatasetDocument> {
  return adoptSource(document(name), await detectDataset(path)).document;
}

const document = (name: string) => parseDatasetDocument(read(name, `${name}.dataset.json`)).document;

test('spirals prepares without files', async () => {
  const { rows, spec } = await prepareDataset(document('spirals'), join(examples, 'spirals'));
  expect(rows).toEqual({ train: 1050, validation: 225, test: 225, dropped: 0 });
  expect(spec.inputShape).toEqual([2]);
  expect(parametersOf('spirals', spec)).toBe(2 * 32 + 32 + 32 * 32 + 32 + 32 * 3 + 3);
});

test('perceptron and exclusive or prepare without files', async () => {
  const flowers = await prepareDataset(document('perceptron'), join(examples, 'perceptron'));
  expect(flowers.rows).toEqual({ train: 140, validation: 30, test: 30, dropped: 0 });
  expect(flowers.spec.columns.map(({ name }) => name)).toEqual(['petal_length', 'petal_width']);
  expect(parametersOf('perceptron', flowers.spec)).toBe(3);
  const square = await prepareDataset(document('xor'), join(examples, 'xor'));
  expect(square.spec.inputShape).toEqual([2]);
  expect(parametersOf('xor', square.spec)).toBe(2 * 8 + 8 + 8 + 1);
});

test('mnist and housing report their missing data', async () => {
  for (const name of ['mnist', 'housing', 'wide-and-deep', 'pictures']) {
    expect((await errorOf(prepareDataset(document(name), examples))).code).toBe('dataset/not-chosen');
  }
});

describe.skipIf(!hasSharedData)('with the real files', () => {
  test.each([
    ['mnist', 'mnist', 'mnist'],
    ['mnist', 'fashion-mnist', 'fashion-mnist'],
    ['pictures', 'ants-bees', 'ants-bees'],
    ['housing', 'california-housing', 'california-housing/housing.csv'],
    ['wide-and-deep', 'california-housing', 'california-housing/housing.csv'],
  ])('%s with --source of %s has the same examples as with only another path', async (name, folder, path) => {
    const own = document(name);
    const { record } = await prepareDataset(await withSource(name, join(sharedData, folder)), examples);
    const source = { ...own.source, path: join(sharedData, path) } as DatasetDocument['source'];
    expect(record.splits).toEqual((await prepareDataset({ ...own, source }, examples)).record.splits);
  });

  test('pictures divides a folder that has no splits, and keeps the size of its images', async () => {
    const own = await withSource('pictures', join(sharedData, 'ants-bees', 'train'));
    expect(own.split).toMatchObject({ train: 0.7, validation: 0.15, test: 0.15 });
    expect(own.columns[0]!.picture).toMatchObject({ width: 64, height: 64 });
  });

  test('mnist has 5,000 validation images and test files', async () => {
    const own = await withSource('mnist', join(sharedData, 'mnist'));
    const { rows, spec, examples: encoded, warnings } = await prepareDataset(own, examples);
    expect(rows).toEqual({ train: 55_000, validation: 5000, test: 3000, dropped: 0 });
    expect(spec.targets[0]).toMatchObject({ classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] });
    expect(splitArrays(encoded).train.x).toMatchObject({
      dtype: 'uint8',
      shape: [55_000, 28, 28, 1],
      offset: 0,
      scale: 255,
    });
    expect(warnings).toEqual([]);
    expect(parametersOf('mnist', spec)).toBe(266_610);
  });

  test('pictures uses the folders train and val as its splits', async () => {
    const own = await withSource('pictures', join(sharedData, 'ants-bees'));
    const { rows, spec } = await prepareDataset(own, examples);
    expect(rows).toEqual({ train: 245, validation: 153, test: 0, dropped: 0 });
    expect(parametersOf('pictures', spec)).toBe(27 * 16 + 16 + 144 * 32 + 32 + 288 * 64 + 64 + 64 * 2 + 2);
  });

  test('housing has 13 inputs and the published statistics', async () => {
    const own = await withSource('housing', join(sharedData, 'california-housing'));
    const { rows, spec } = await prepareDataset(own, examples);
    expect(rows).toEqual({ train: 14_448, validation: 3096, test: 3096, dropped: 0 });
    expect(spec.inputShape).toEqual([13]);
    expect(parametersOf('housing', spec)).toBe(13 * 64 + 64 + 64 * 64 + 64 + 64 + 1);
    expect(spec.columns.at(-1)).toMatchObject({
      categories: ['<1H OCEAN', 'INLAND', 'ISLAND', 'NEAR BAY', 'NEAR OCEAN'],
    });
    expect(spec.targets[0]).toMatchObject({ kind: 'numeric', unit: 'USD' });
  });

  test('wide and deep reads housing columns in two Inputs', async () => {
    const own = await withSource('wide-and-deep', join(sharedData, 'california-housing'));
    const { spec } = await prepareDataset(own, examples);
    const wide = 4 + 5;
    const deep = 6 + 5;
    expect(parametersOf('wide-and-deep', spec)).toBe(deep * 30 + 30 + 30 * 30 + 30 + (wide + 30) + 1 + 30 + 1);
  });

  test('detects the columns of titanic', async () => {
    const own = await detectDataset(join(sharedData, 'titanic'));
    const { rows, spec } = await prepareDataset(own, examples);
    expect(spec.targets).toMatchObject([{ kind: 'classes', name: 'Survived', classes: ['0', '1'] }]);
    expect(rows.train + rows.validation + rows.test).toBe(891);
    expect(own.columns.filter((each) => each.role === 'ignored').map((each) => each.name)).toEqual([
      'PassengerId',
      'Name',
      'Ticket',
      'Cabin',
    ]);
  });
});
