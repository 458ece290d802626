import { describe, expect, it } from 'vitest';
import { findLayers, searchableLayers } from '../../src-renderer/features/model/canvas/find/find-layers.ts';
import type { ModelDocument, ModelNode } from '../../src-shared/document/schema/model-document.ts';
import { sequentialDocument } from '../support/documents.ts';

function layer(name: string, kind: string, params: ModelNode['params'], y: number): ModelNode {
  return { id: name, kind, name, params, frozen: false, position: { x: 0, y } };
}

const nodes = [
  layer('input', 'Input', {}, 0),
  layer('late', 'Dense', { units: 128, activation: 'relu' }, 300),
  layer('wide', 'Dense', { units: 1280, activation: 'softmax' }, 200),
  layer('conv', 'Conv2D', { filters: 32, kernelSize: [3, 5] }, 100),
  layer('drop_128', 'Dropout', { rate: 0.5 }, 400),
];
const document: ModelDocument = {
  ...sequentialDocument([]),
  edges: [],
  nodes,
  blocks: [
    {
      id: 'b1',
      name: 'residual',
      parameters: [],
      edges: [],
      nodes: [layer('inner', 'Dense', { units: 128, activation: 'relu' }, 0)],
    },
  ],
};

const find = (query: string) => findLayers(searchableLayers(document), query).map(({ name }) => name);

describe('findLayers', () => {
  it.each([
    ['conv', ['conv']],
    ['DENSE', ['wide', 'late', 'inner']],
    ['relu', ['late', 'inner']],
    ['128', ['late', 'drop_128', 'inner']],
    ['dense 128', ['late', 'inner']],
    ['dense 128, relu', ['late', 'inner']],
    ['units=128', ['late', 'inner']],
    ['filters=128', []],
    ['5', ['conv']],
    ['0.5', ['drop_128']],
    ['nothing', []],
    ['  ', []],
  ])('%j finds %j, in canvas order', (query, expected) => {
    expect(find(query)).toEqual(expected);
  });

  it('ranks an exact name first', () => {
    const other = { ...document, nodes: [...nodes, layer('conv_2', 'Conv2D', {}, 50)] };
    expect(findLayers(searchableLayers(other), 'conv').map(({ name }) => name)).toEqual(['conv', 'conv_2']);
  });

  it('returns the block of a layer', () => {
    const [found] = findLayers(searchableLayers(document), 'inner');
    expect(found).toMatchObject({ blockId: 'b1', blockName: 'residual' });
  });

  it('matches default values shown on the card', () => {
    const plain = { ...document, nodes: [layer('plain', 'Dropout', {}, 0)] };
    const [only] = searchableLayers(plain);
    expect(findLayers([only!], only!.summary)).toHaveLength(1);
  });
});
