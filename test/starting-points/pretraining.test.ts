import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelFeatures } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import {
  classifierUpTo,
  madeFeatures,
  madeTargetFor,
} from '../../src-shared/starting-points/pretraining/classifier.ts';
import { pretrainingData, pretrainingName } from '../../src-shared/starting-points/pretraining/pretraining.ts';
import { dense, mlpDocument, numericColumns, sequentialDocument } from '../support/documents.ts';
import {
  nodeOf,
  of,
  dataset,
  refusal,
  problemsOf,
  unitPictures,
  standardized,
  decoderOf,
} from './pretrained-models.ts';

describe('classifierUpTo', () => {
  const made = { kind: 'rotation', column: 'rotation' } as const;
  const classifier = (document: ModelDocument, name: string, features: ModelFeatures) => {
    let ids = 0;
    const { nodes } = analyze(document, features);
    return classifierUpTo(document, nodeOf(document, name), made, nodes, () => `new ${ids++}`);
  };

  test('the layers with their names, the average over places, and one probability for each of four turns', () => {
    const features = unitPictures([8, 8, 1]);
    const lines = [
      of('RandomFlip', 'flip'),
      of('Conv2D', 'a', { filters: 3 }),
      of('Flatten', 'flat'),
      dense(10, 'softmax', { name: 'rotation_head' }),
    ];
    const pretraining = classifier(sequentialDocument(lines), 'a', features);
    expect(decoderOf(pretraining.document)).toEqual([
      'GlobalAveragePooling2D rotation_pooling',
      'Dense rotation_head_1 4',
      'Output rotation',
    ]);
    expect(pretraining.layers).toEqual(['a']);
    expect(nodeOf(pretraining.document, 'flip').training).toBe(false);
    expect(problemsOf(pretraining, madeFeatures(features, made))).toEqual([]);
    expect(pretrainingName(pretraining)).toBe("rotation of 'a'");
    const { columns, targets, ...rest } = pretrainingData({ ...dataset, targets: 'unread' }, pretraining);
    expect(columns.map(({ name, role }) => `${name} ${role}`)).toEqual([
      'image feature',
      'label ignored',
      'rotation target',
    ]);
    expect([rest.made, targets]).toEqual([made, undefined]);
  });

  test('tokens: one probability for each number that the Embedding knows', () => {
    const asTokens = (names: string[]) => numericColumns(names).map((column) => ({ ...column, min: 0, max: 8 }));
    const features = { ...standardized(4), columns: asTokens(['c0', 'c1', 'c2', 'c3']) };
    const lines = [of('Embedding', 'words', { inputDim: 9, outputDim: 2 }), of('LSTM', 'lstm', { units: 3 }), dense(2)];
    const document = sequentialDocument(lines);
    const data = { features, dataset, seed: 7 };
    const target = madeTargetFor(document, nodeOf(document, 'lstm'), 'next-token', data);
    const tokens = ['c0', 'c1', 'c2', 'c3'];
    expect(target).toEqual({ kind: 'next-token', column: 'next_token', seed: 7, tokens, vocabulary: 9 });
    const { nodes } = analyze(document, features);
    let ids = 0;
    const pretraining = classifierUpTo(document, nodeOf(document, 'lstm'), target, nodes, () => `new ${ids++}`);
    expect(decoderOf(pretraining.document)).toEqual(['Dense next_token_head 9', 'Output next_token']);
    expect(problemsOf(pretraining, madeFeatures(features, target))).toEqual([]);
    expect(refusal(document, 'lstm', features, 'masked-token')).toBeNull();
    expect(refusal(mlpDocument(), 'hidden1', unitPictures([28, 28, 1]), 'next-token')).toContain('Embedding');
    const one = { ...standardized(1), columns: asTokens(['c0']) };
    expect(refusal(document, 'words', one, 'masked-token')).toContain('two or more columns');
  });

  test('layers that give a vector get no pooling; frozen layers are not named', () => {
    const features = unitPictures([6, 6, 1]);
    const lines = [
      of('Flatten', 'flat'),
      dense(5, 'relu', { name: 'first', frozen: true }),
      dense(4, 'relu', { name: 'second' }),
      dense(2),
    ];
    const pretraining = classifier(sequentialDocument(lines), 'second', features);
    expect(decoderOf(pretraining.document)).toEqual(['Dense rotation_head 4', 'Output rotation']);
    expect(pretraining.layers).toEqual(['second']);
  });
});

describe('pretrainingRefusal', () => {
  const features = unitPictures([28, 28, 1]);
  const frozen = sequentialDocument([
    of('Flatten', 'flat'),
    dense(4, 'relu', { name: 'code', frozen: true }),
    dense(10),
  ]);

  test.each([
    ['an Input', mlpDocument(), 'input_0', 'is an Input'],
    ['an Output', mlpDocument(), 'output_5', 'is an Output'],
    ['layers without weights', mlpDocument(), 'flatten_1', 'has weights'],
    ['frozen layers', frozen, 'code', 'frozen'],
    ['a shape that is not known', sequentialDocument([dense(-1, 'relu', { name: 'bad' })]), 'bad', 'not known'],
  ])('%s', (_, document, name, words) => {
    expect(refusal(document, name, features)).toContain(words);
  });

  test('an Embedding', () => {
    const document = sequentialDocument([
      of('Embedding', 'words', { inputDim: 9, outputDim: 2 }),
      of('Flatten', 'flat'),
    ]);
    expect(refusal(document, 'flat', standardized(4))).toContain("'words'");
  });

  test('a decoder that would be too large', () => {
    const large = unitPictures([200, 200, 3]);
    const document = sequentialDocument([
      of('Permute', 'turned', { dims: [3, 1, 2] }),
      dense(2, 'relu', { name: 'code' }),
    ]);
    expect(refusal(document, 'code', large)).toContain('parameters');
  });

  test('rotation of rows without pictures, and of pictures that are not square', () => {
    const table = sequentialDocument([dense(4, 'relu', { name: 'code' }), dense(3)]);
    expect(refusal(table, 'code', standardized(6), 'rotation')).toContain('pictures');
    const wide = sequentialDocument([of('Conv2D', 'code', { filters: 2 })]);
    expect(refusal(wide, 'code', unitPictures([6, 8, 1]), 'rotation')).toContain('6 × 8');
    expect(refusal(wide, 'code', unitPictures([6, 6, 1]), 'rotation')).toBeNull();
  });

  test('noise of one column, which would be distributed as the data', () => {
    const document = sequentialDocument([dense(4, 'relu', { name: 'code' }), dense(3)]);
    expect(refusal(document, 'code', standardized(1), 'noise')).toContain("'c0'");
    expect(refusal(document, 'code', standardized(2), 'noise')).toBeNull();
    expect(refusal(document, 'code', unitPictures([6, 6, 1]), 'noise')).toBeNull();
  });

  test('null where the layers can be pretrained', () => {
    expect(refusal(mlpDocument(), 'hidden2', features)).toBeNull();
  });
});
