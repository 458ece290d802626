import { describe, expect, it } from 'vitest';
import { fitTest, insertCandidates } from '../../src-renderer/features/model/canvas/insert/insert-candidates.ts';
import { searchLayers } from '../../src-renderer/features/model/canvas/insert/search-layers.ts';
import { layers } from '../../src-shared/layers/catalog/catalog.ts';
import type { Shape } from '../../src-shared/program/language/types.ts';
import { mlpDocument } from '../support/documents.ts';

const model = { whole: mlpDocument(), openBlock: null };
const search = (query: string, shape: Shape | null = null) => {
  const fits = fitTest(shape, model);
  return searchLayers(insertCandidates(null, null, model), query, ({ added }) => fits(added)).map(({ kind }) => kind);
};

describe('searchLayers', () => {
  it.each([
    ['dense', 'Dense'],
    ['fc', 'Dense'],
    ['fully connected', 'Dense'],
    ['linear', 'Dense'],
    ['dense64', 'Dense'],
    ['max pool', 'MaxPooling1D'],
    ['maxpool2d', 'MaxPooling2D'],
    ['avgpool', 'AveragePooling1D'],
    ['batchnorm', 'BatchNormalization'],
    ['batch_norm', 'BatchNormalization'],
    ['bn', 'BatchNormalization'],
    ['layer norm', 'LayerNormalization'],
    ['embedding layer', 'Embedding'],
    ['deconv', 'Conv1DTranspose'],
    ['concat', 'Concatenate'],
    ['self-attention', 'MultiHeadAttention'],
    ['gelu', 'Activation'],
    ['lstm', 'LSTM'],
  ])('finds %s', (query, kind) => {
    expect(search(query)[0]).toBe(kind);
  });

  it('ranks layers that can read the previous value first', () => {
    const image = [null, 28, 28, 32];
    expect(search('pool', image)[0]).toBe('MaxPooling2D');
    expect(search('conv', image)[0]).toBe('Conv2D');
    expect(search('conv', [null, 28, 32])[0]).toBe('Conv1D');
    expect(search('pool', image)).toContain('MaxPooling1D');
    expect(search('', image).indexOf('LSTM')).toBeGreaterThan(search('', image).indexOf('Dense'));
  });

  it('ranks an exact name first, even if it does not fit', () => {
    expect(search('conv1d', [null, 28, 28, 32])[0]).toBe('Conv1D');
    expect(search('lstm', [null, 8])[0]).toBe('LSTM');
  });

  it.each(layers.flatMap(({ kind, otherNames = [] }) => otherNames.map((name) => [name, kind] as const)))(
    'finds by %s: %s',
    (name, kind) => expect(search(name)).toContain(kind),
  );

  it('returns nothing without a match', () => {
    expect(search('qqq')).toEqual([]);
  });
});
