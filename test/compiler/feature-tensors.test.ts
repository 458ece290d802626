import { describe, expect, it } from 'vitest';
import { encodeRows } from '../../src-main/data/features/encode-rows.ts';
import { encodeExamples } from '../../src-main/data/features/encode-examples.ts';
import type { Table } from '../../src-main/data/tables/table.ts';
import { columnsRead } from '../../src-shared/compiler/forward/columns-read.ts';
import { readGraph } from '../../src-shared/compiler/graph/graph.ts';
import { readInputs } from '../../src-shared/compiler/graph/inputs.ts';
import { servingModel } from '../../src-shared/compiler/model-programs.ts';
import { featureTensors, specOfColumns } from '../../src-shared/data/feature-tensors.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { configurationWith } from '../support/documents.ts';
import { twoBranches, twoBranchFeatures } from '../support/feature-tensors.ts';
import { splitArrays } from '../support/session-data.ts';

const problemsOf = (columns: string[]) =>
  analyze(twoBranches(columns), twoBranchFeatures).problems.filter(({ severity }) => severity === 'error');

describe('featureTensors', () => {
  it('puts table columns into x, and each image into a tensor', () => {
    const found = featureTensors(twoBranchFeatures).map(({ input, shape, columns }) => {
      return [input, shape, columns.map(({ name }) => name)];
    });
    expect(found).toEqual([
      ['x', [3], ['size', 'side']],
      ['x.the photo', [6, 6, 3], ['the photo']],
      ['x.map', [4, 4, 1], ['map']],
    ]);
  });

  it('puts the first image into x if there are only images', () => {
    const columns = twoBranchFeatures.columns.filter(({ type }) => type === 'image');
    expect(featureTensors({ columns, inputShape: [6, 6, 3] }).map(({ input }) => input)).toEqual(['x', 'x.map']);
  });
});

describe('an Input of a data set with several tensors', () => {
  it('reads table columns by their places in the table, and an image as a whole', () => {
    const { parts, problems } = readInputs(readGraph(twoBranches()), twoBranchFeatures);
    expect(problems).toEqual([]);
    expect([...parts.values()].map(({ tensor, places, shape }) => [tensor, places, shape])).toEqual([
      ['x', [1, 2, 0], [3]],
      ['x.the photo', null, [6, 6, 3]],
      ['x.map', null, [4, 4, 1]],
    ]);
  });

  it.each([[[]], [['size', 'map']], [['map', 'the photo']]])('cannot take %j; fixes take one tensor', (columns) => {
    const [problem] = problemsOf(columns);
    expect(problem).toMatchObject({ code: 'graph/several-tensors', nodeId: 'table', param: 'columns' });
    expect(problem!.fixes.map(({ params }) => params)).toEqual(
      [['size', 'side'], ['the photo'], ['map']].map((value) => ({ nodeId: 'table', name: 'columns', value })),
    );
    for (const { params } of problem!.fixes) {
      expect(problemsOf((params as { value: string[] }).value).map(({ code }) => code)).not.toContain(
        'graph/several-tensors',
      );
    }
  });

  it('adapts a Normalization to the statistics of its tensor', () => {
    const program = servingModel(twoBranches(), twoBranchFeatures, configurationWith({})).program;
    const constants = program.operations.flatMap((operation) =>
      operation.op === 'constant' ? [Array.from(operation.attributes.values, Math.fround)] : [],
    );
    expect(constants).toContainEqual([0.1, 0.2, 0.3].map(Math.fround));
  });
});

describe('exports of a model that reads several tensors', () => {
  it('have an input for each Input with its tensor', () => {
    const { inputs } = servingModel(twoBranches(['side']), twoBranchFeatures, configurationWith({}));
    expect(inputs.map(({ name, tensor, places }) => [name, tensor, places])).toEqual([
      ['table', 'x', [1, 2]],
      ['photo', 'x.the photo', null],
      ['map', 'x.map', null],
    ]);
  });

  it('describe the columns that are read, with their statistics', () => {
    expect(columnsRead(twoBranches(['side']), twoBranchFeatures)).toEqual(new Set(['side', 'the photo', 'map']));
    expect(specOfColumns(twoBranchFeatures, new Set(['side', 'map']))).toMatchObject({
      inputShape: [2],
      statistics: { mean: [2, 3], variance: [5, 6] },
      furtherStatistics: { 'x.map': { mean: [0.4], variance: [0.04] } },
    });
    const image = specOfColumns(twoBranchFeatures, new Set(['map']));
    expect(image).toMatchObject({ inputShape: [4, 4, 1], statistics: { mean: [0.4], variance: [0.04] } });
    expect(image.furtherStatistics).toBeUndefined();
  });
});

describe('rows of a table with pictures', () => {
  const pixels = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 256);
  const table: Table = {
    rows: 2,
    columns: [
      { kind: 'image', name: 'the photo', shape: [6, 6, 3], pixels: pixels(216), pictures: null },
      { kind: 'numeric', name: 'size', values: Float64Array.of(0.5, 0.25) },
      { kind: 'image', name: 'map', shape: [4, 4, 1], pixels: pixels(32), pictures: null },
      { kind: 'categorical', name: 'side', codes: Int32Array.of(1, 0), categories: ['n', 's'] },
      { kind: 'categorical', name: 'sold', codes: Int32Array.of(0, 1), categories: ['no', 'yes'] },
    ],
    locate: (row) => `row ${row}`,
  };

  it('are encoded as a tensor each, the same for a split and for single rows', () => {
    const none = { table, rows: new Int32Array(0) };
    const splits = { train: { table, rows: Int32Array.of(1, 0) }, validation: none, test: none };
    const encoded = splitArrays(encodeExamples({ ...twoBranchFeatures, weight: null }, splits).examples).train;
    expect(Object.keys(encoded)).toEqual(['x', 'y', 'x.the photo', 'x.map']);
    expect(Array.from(encoded.x.data)).toEqual([0.25, 1, 0, 0.5, 0, 1]);
    expect(encoded['x.map']).toMatchObject({ dtype: 'uint8', shape: [2, 4, 4, 1] });
    expect(Array.from(encoded['x.map']!.data.subarray(0, 3))).toEqual([16, 17, 18]);
    const row = { 'the photo': Array.from(pixels(108)), size: 0.5, map: Array.from(pixels(16)), side: 's' };
    const { examples } = encodeRows(twoBranchFeatures, [row]);
    expect(Array.from(examples.x.data)).toEqual([0.5, 0, 1]);
    expect(examples['x.the photo']).toMatchObject({ dtype: 'float32', shape: [1, 6, 6, 3] });
    expect(examples['x.map']!.data[5]).toBe(5);
  });
});
