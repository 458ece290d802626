import { describe, expect, it } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { defaultTrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { exampleStatistics } from '../../src-main/data/features/example-statistics.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { sequentialDocument } from '../support/documents.ts';
import { allRows } from '../../src-main/engines/interface/example-rows.ts';

const features = {
  inputShape: [2],
  columns: [],
  targets: [{ kind: 'numeric' as const, name: 'y', offset: 0, scale: 1, standardDeviation: 1 }],
  weight: null,
  statistics: { mean: [10, -4], variance: [4, 0.25] },
};
const model = (params: ModelDocument['nodes'][number]['params']) =>
  sequentialDocument([
    { kind: 'Normalization', name: 'norm', params },
    { kind: 'Dense', name: 'dense', params: { units: 1 } },
  ]);

/** Constants of the prediction program. */
function constants(document: ModelDocument, given = features): number[][] {
  const result = compileModel(document, given, defaultTrainingConfiguration);
  if (!result.ok) throw new Error(result.problems[0]!.message);
  return result.model.programs.predict.operations.flatMap((operation) =>
    operation.op === 'constant' ? [[...operation.attributes.values]] : [],
  );
}

describe('Normalization', () => {
  it('uses mean and variance of the training rows directly after an Input', () => {
    expect(constants(model({}))).toEqual(
      expect.arrayContaining([
        [10, -4],
        [2, 0.5],
      ]),
    );
  });

  it('divides by 1 where the variance of the training rows is 0', () => {
    const constant = { ...features, statistics: { mean: [10, -4], variance: [0, 0.25] } };
    expect(constants(model({}), constant)).toEqual(expect.arrayContaining([[1, 0.5]]));
    expect(constants(model({ mean: 1, variance: 0 }))).toEqual(expect.arrayContaining([[1e-7]]));
  });

  it('uses mean and variance from its parameters', () => {
    const found = constants(model({ mean: 1, variance: [9, 16] }));
    expect(found).toEqual(expect.arrayContaining([[1], [3, 4]]));
  });

  it('has an output shape without data', () => {
    const document = model({});
    document.nodes[0]!.params = { shape: [2] };
    expect(analyze(document, null).nodes.get('norm')?.outputShape).toEqual([null, 2]);
  });

  const errorsOf = (document: ModelDocument) =>
    analyze(document, features).problems.filter(({ severity }) => severity === 'error');
  const invalid: readonly [ModelDocument['nodes'][number]['params'], string][] = [
    [{ mean: 1 }, 'layer/shape'],
    [{ mean: [1, 2, 3], variance: 1 }, 'layer/shape'],
    [{ mean: 1, variance: -1 }, 'layer/bad-parameter'],
  ];

  it.each(invalid)('reports an error for %j: %s', (params, code) => {
    expect(errorsOf(model(params))).toMatchObject([{ code, nodeId: 'norm' }]);
  });

  it('has messages for invalid parameters', () => {
    expect(invalid.map(([params]) => errorsOf(model(params))[0]!.message)).toMatchInlineSnapshot(`
      [
        "Normalization 'norm' needs mean and variance, or neither; received one. Give the other.",
        "Normalization 'norm' needs one number, or one for each of the last axis of 2; received 3. Give 2.",
        "Normalization 'norm' expected Variance to be a number, or a list of 1 to 10000, each from 0 to 1000000000, or nothing; received -1. Set it to from training rows (the default) or another such value.",
      ]
    `);
  });

  it('reports an error without statistics when it is not directly after an Input', () => {
    const document = sequentialDocument([
      { kind: 'Dense', name: 'hidden', params: { units: 2 } },
      { kind: 'Normalization', name: 'norm', params: {} },
      { kind: 'Dense', name: 'dense', params: { units: 1 } },
    ]);
    const [error, ...others] = errorsOf(document);
    expect(others).toEqual([]);
    expect(error).toMatchObject({ code: 'layer/shape', nodeId: 'norm' });
    expect(error!.message).toMatchInlineSnapshot(
      `"Normalization 'norm' needs mean and variance, or to stand right after an Input, whose training rows it measures. Give both, or move it there."`,
    );
  });
});

describe('exampleStatistics', () => {
  it('computes mean and variance along the last axis, exactly for values far from 0', () => {
    const data = Float32Array.from([1e6, 1, 1e6 + 2, 3, 1e6 + 4, 5]);
    const { mean, variance } = exampleStatistics(allRows({ dtype: 'float32', shape: [3, 2], data }), []);
    expect(mean).toEqual([1e6 + 2, 3]);
    expect(variance.map((value) => Number(value.toFixed(6)))).toEqual([2.666667, 2.666667]);
  });

  it('uses bytes after offset and scale', () => {
    const data = Uint8Array.from([0, 255, 0, 255]);
    const { mean, variance } = exampleStatistics(
      allRows({ dtype: 'uint8', shape: [1, 2, 2, 1], data, offset: 0, scale: 255 }),
      [],
    );
    expect([mean, variance]).toEqual([[0.5], [0.25]]);
  });

  it('returns 0 without rows', () => {
    expect(
      exampleStatistics(allRows({ dtype: 'float32', shape: [0, 2], data: new Float32Array() }), []).variance,
    ).toEqual([0, 0]);
  });
});
