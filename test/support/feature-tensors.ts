import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';

const size = { type: 'numeric', name: 'size', offset: 0, scale: 1, fill: null, min: 0, max: 1 } as const;
const side = { type: 'categorical', name: 'side', categories: ['n', 's'], fill: null } as const;
const photo = { type: 'image', name: 'the photo', offset: 0, scale: 255 } as const;
const map = { type: 'image', name: 'map', offset: 0, scale: 1 } as const;

/** A table of two columns between two pictures of different shapes. */
export const twoBranchFeatures: FeatureSpec = {
  columns: [{ ...photo, shape: [6, 6, 3] }, size, { ...map, shape: [4, 4, 1] }, { ...side, categories: ['n', 's'] }],
  inputShape: [3],
  statistics: { mean: [1, 2, 3], variance: [4, 5, 6] },
  furtherStatistics: {
    'x.the photo': { mean: [0.1, 0.2, 0.3], variance: [0.01, 0.02, 0.03] },
    'x.map': { mean: [0.4], variance: [0.04] },
  },
  targets: [{ kind: 'classes', name: 'sold', classes: ['no', 'yes'] }],
  weight: null,
};

/** Pairs of pictures "same or different". */
export const pairFeatures: FeatureSpec = {
  columns: [
    { ...photo, name: 'first', shape: [6, 6, 3] },
    { ...photo, name: 'second', shape: [6, 6, 3] },
  ],
  inputShape: [6, 6, 3],
  targets: [{ kind: 'classes', name: 'same', classes: ['different', 'same'] }],
  weight: null,
};

type Nodes = ModelDocument['nodes'];

const node = (id: string, kind: string, params: Nodes[number]['params'] = {}): Nodes[number] => {
  return { id, kind, name: id, params, position: { x: 0, y: 0 }, frozen: false };
};

function documentOf(nodes: Nodes, edges: readonly (readonly [source: string, target: string])[]): ModelDocument {
  return {
    format: 'lamina.model',
    version: 6,
    name: 'test',
    nodes,
    edges: edges.map(([source, target]) => ({ id: `${source}-${target}`, source, target })),
    blocks: [],
  };
}

/** A convolution for each picture of a pair, and one probability from their difference. */
export function pairDifference(): ModelDocument {
  return documentOf(
    [
      node('first', 'Input', { columns: ['first'] }),
      node('second', 'Input', { columns: ['second'] }),
      node('conv1', 'Conv2D', { filters: 4, activation: 'relu' }),
      node('conv2', 'Conv2D', { filters: 4, activation: 'relu' }),
      node('difference', 'Subtract'),
      node('flat', 'Flatten'),
      node('same', 'Dense', { units: 1, activation: 'sigmoid' }),
      node('output', 'Output'),
    ],
    [
      ['first', 'conv1'],
      ['second', 'conv2'],
      ['conv1', 'difference'],
      ['conv2', 'difference'],
      ['difference', 'flat'],
      ['flat', 'same'],
      ['same', 'output'],
    ],
  );
}

/** A model with a branch for the table, one for each picture, and an Output of two classes. */
export function twoBranches(tableColumns: string[] = ['side', 'size']): ModelDocument {
  const nodes = [
    node('table', 'Input', { columns: tableColumns }),
    node('photo', 'Input', { columns: ['the photo'] }),
    node('scaled', 'Normalization'),
    node('conv', 'Conv2D', { filters: 4, activation: 'relu' }),
    node('flat', 'Flatten'),
    node('map', 'Input', { columns: ['map'] }),
    node('flatMap', 'Flatten'),
    node('joined', 'Concatenate'),
    node('classes', 'Dense', { units: 2, activation: 'softmax' }),
    node('output', 'Output'),
  ];
  const edges: readonly (readonly [string, string])[] = [
    ['photo', 'scaled'],
    ['scaled', 'conv'],
    ['conv', 'flat'],
    ['map', 'flatMap'],
    ['table', 'joined'],
    ['flat', 'joined'],
    ['flatMap', 'joined'],
    ['joined', 'classes'],
    ['classes', 'output'],
  ];
  return documentOf(nodes, edges);
}
