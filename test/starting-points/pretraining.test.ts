import { describe, expect, test } from 'vitest';
import { modelWeights } from '../../src-shared/compiler/model-programs.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelFeatures } from '../../src-shared/diagnostics/analyze.ts';
import { datasetDocument } from '../../src-shared/data/dataset-document.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { autoencoderUpTo, layerByLayer } from '../../src-shared/starting-points/pretraining/autoencoder.ts';
import {
  classifierUpTo,
  madeFeatures,
  madeTargetFor,
} from '../../src-shared/starting-points/pretraining/classifier.ts';
import {
  pretrainingData,
  pretrainingName,
  pretrainingRefusal,
} from '../../src-shared/starting-points/pretraining/pretraining.ts';
import type { PretrainingTarget } from '../../src-shared/starting-points/pretraining/pretraining.ts';
import type { PretrainingNoise } from '../../src-shared/starting-points/pretraining/autoencoder.ts';
import {
  classFeatures,
  configurationWith,
  dense,
  mlpDocument,
  numericColumns,
  sequentialDocument,
} from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';

const nodeOf = ({ nodes }: ModelDocument, name: string) => nodes.find((node) => node.name === name)!;
const of = (kind: string, name: string, params: LayerLine['params'] = {}): LayerLine => ({ kind, name, params });
const dataset: DatasetDocument = datasetDocument({
  name: 'data',
  source: { kind: 'csv', path: 'data.csv' },
  columns: [
    { name: 'image', role: 'feature', type: 'image', missing: 'drop-row', scaling: 'unit' },
    { name: 'label', role: 'target', type: 'categorical', missing: 'drop-row', scaling: 'none' },
  ],
  split: { train: 0.8, validation: 0.2, test: 0, seed: 0, stratify: false },
});
const NONE: PretrainingNoise = { kind: 'none', amount: 0 };

function pretrained(document: ModelDocument, name: string, features: ModelFeatures, noise = NONE) {
  let ids = 0;
  const { nodes } = analyze(document, features);
  const part = { end: nodeOf(document, name), trainedUpTo: null };
  return autoencoderUpTo(document, part, features, nodes, noise, () => `new ${ids++}`);
}

function refusal(
  document: ModelDocument,
  name: string,
  features: ModelFeatures,
  target: PretrainingTarget = 'input',
): string | null {
  const data = { features, dataset };
  return pretrainingRefusal(document, nodeOf(document, name), target, data, analyze(document, features).nodes);
}

function problemsOf({ document, configuration }: ReturnType<typeof pretrained>, features: ModelFeatures) {
  const { problems } = analyze(document, features, configurationWith(configuration));
  return problems.filter(({ severity }) => severity === 'error');
}

/** Pixels divided by 255. */
function unitPictures(shape: [number, number, number]): ModelFeatures {
  const statistics = { mean: [0.3], variance: [0.05] };
  const columns = [{ type: 'image' as const, name: 'image', shape, offset: 0, scale: 255 }];
  return { ...classFeatures(shape, 10), columns, statistics };
}

const standardized = (width: number): ModelFeatures => ({
  ...classFeatures([width], 3),
  columns: numericColumns(Array.from({ length: width }, (_, index) => `c${index}`)).map((column) => ({
    ...column,
    ...(column.type === 'numeric' ? { min: -9, max: 9, offset: 0, scale: 3 } : {}),
  })),
});

/** 'Dense 8 relu' for each layer after the encoder's end. */
const decoderOf = ({ nodes }: ModelDocument) =>
  nodes
    .filter(({ id }) => id.startsWith('new'))
    .map(({ kind, name, params }) => [kind, name, params['units'] ?? params['filters']].filter(Boolean).join(' '));

describe('autoencoderUpTo', () => {
  test('mirrors Dense layers; pixels between 0 and 1 end in a sigmoid with the binary cross-entropy', () => {
    const features = unitPictures([28, 28, 1]);
    const made = pretrained(mlpDocument(), 'hidden2', features);
    expect(decoderOf(made.document)).toEqual([
      'Dense decoder_hidden2 300',
      'Dense decoder_hidden1 784',
      'Reshape decoder_flatten_1_reshape',
      'Activation decoded',
      'Output reproduced',
    ]);
    expect(made.configuration.loss).toBe('binaryCrossentropy');
    expect(made.layers).toEqual(['hidden1', 'hidden2']);
    expect(problemsOf(made, features)).toEqual([]);
    expect(nodeOf(made.document, 'decoder_hidden1').params).toEqual({ units: 784 });
    expect(nodeOf(made.document, 'decoder_hidden2').params['activation']).toBe('relu');
  });

  test('standardized columns end linearly with the mean squared error', () => {
    const features = standardized(6);
    const made = pretrained(sequentialDocument([dense(4, 'tanh', { name: 'code' }), dense(3)]), 'code', features);
    expect(decoderOf(made.document)).toEqual(['Dense decoder_code 6', 'Output reproduced']);
    expect(made.configuration.loss).toBe('meanSquaredError');
    expect(problemsOf(made, features)).toEqual([]);
  });

  test.each<[string, LayerLine[], [number, number, number]]>([
    [
      'strides that do not divide the size',
      [of('Conv2D', 'a', { filters: 4, strides: [2, 2], padding: 'same' })],
      [13, 10, 3],
    ],
    ['valid convolutions', [of('Conv2D', 'a', { filters: 4, kernelSize: [3, 5], strides: [3, 2] })], [17, 16, 1]],
    ['dilated convolutions', [of('Conv2D', 'a', { filters: 4, dilationRate: [2, 2] })], [12, 12, 1]],
    [
      'pooling with a rest',
      [of('Conv2D', 'a', { filters: 2 }), of('MaxPooling2D', 'p', { poolSize: [3, 2] })],
      [13, 11, 3],
    ],
    ['global pooling', [of('Conv2D', 'a', { filters: 2 }), of('GlobalAveragePooling2D', 'p')], [8, 9, 3]],
    [
      'separable and depthwise convolutions, normalization, noise, margins',
      [
        of('ZeroPadding2D', 'z', {
          padding: [1, 2, 0, 1],
        }),
        of('DepthwiseConv2D', 'a', { depthMultiplier: 2 }),
        of('BatchNormalization', 'bn'),
        of('ReLU', 'r'),
        of('SeparableConv2D', 's', { filters: 5 }),
        of('Dropout', 'd', { rate: 0.5 }),
        of('Cropping2D', 'c', {
          cropping: [1, 0, 0, 1],
        }),
      ],
      [9, 9, 3],
    ],
    [
      'flattened maps',
      [of('Conv2D', 'a', { filters: 2 }), of('Flatten', 'f'), dense(5, 'elu', { name: 'code' })],
      [7, 6, 1],
    ],
    ['rescaled pixels', [of('Rescaling', 'x', { scale: 2, offset: -1 }), of('Conv2D', 'a', { filters: 2 })], [6, 6, 1]],
    [
      'layers without counterpart',
      [of('Conv2D', 'a', { filters: 2 }), of('Permute', 'q', { dims: [3, 1, 2] })],
      [5, 4, 1],
    ],
    ['no layer to mirror', [of('BatchNormalization', 'bn')], [5, 4, 3]],
  ])('gives the Input its shape back through %s', (_, lines, shape) => {
    const features = unitPictures(shape);
    const document = sequentialDocument([...lines, of('Flatten', 'flat'), dense(10, 'softmax')]);
    const made = pretrained(document, lines.at(-1)!.name!, features);
    expect(problemsOf(made, features)).toEqual([]);
  });

  test.each([
    ['its last step', [of('LSTM', 'a', { units: 5 })]],
    ['all steps', [of('GRU', 'a', { units: 5, returnSequences: true })]],
    ['a convolution', [of('Conv1D', 'a', { filters: 4, kernelSize: 3, padding: 'causal' })]],
    ['a pooled convolution', [of('Conv1D', 'b', { filters: 4, kernelSize: 3 }), of('MaxPooling1D', 'a')]],
  ])('gives a sequence back from %s', (_, lines) => {
    const features = unitPictures([9, 4, 1]);
    const sequence = of('Reshape', 'steps', { targetShape: [9, 4] });
    const made = pretrained(sequentialDocument([sequence, ...lines, dense(2)]), 'a', features);
    expect(problemsOf(made, features)).toEqual([]);
  });

  test.each([
    [{ kind: 'gaussian', amount: 0.3 } as const, 'GaussianNoise', { stddev: 0.3 }],
    [{ kind: 'masking', amount: 0.5 } as const, 'Dropout', { rate: 0.5 }],
  ])('noise %o is between the Input and what reads it', (noise, kind, params) => {
    const features = unitPictures([28, 28, 1]);
    const { document } = pretrained(mlpDocument(), 'hidden1', features, noise);
    const added = document.nodes.find((node) => node.kind === kind)!;
    expect(added.params).toEqual(params);
    const reading = document.edges.filter(({ source }) => source === 'input_0').map(({ target }) => target);
    expect(reading).toEqual([added.id]);
    expect(analyze(document, features).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('several Inputs: a decoder for each, with the loss for its values', () => {
    const columns = standardized(3).columns!;
    const image = {
      type: 'image' as const,
      name: 'image',
      shape: [6, 6, 1] as [number, number, number],
      offset: 0,
      scale: 255,
    };
    const features: ModelFeatures = {
      ...classFeatures([3], 3),
      columns: [...columns, image],
      statistics: { mean: [0, 0, 0], variance: [1, 1, 1] },
      furtherStatistics: { 'x.image': { mean: [0.3], variance: [0.05] } },
    };
    const node = (name: string, kind: string, params = {}) => ({
      id: name,
      kind,
      name,
      params,
      position: { x: 0, y: 0 },
      frozen: false,
    });
    const edge = (source: string, target: string) => ({ id: `${source}-${target}`, source, target });
    const document: ModelDocument = {
      ...sequentialDocument([]),
      nodes: [
        node('table', 'Input', { columns: columns.map(({ name }) => name) }),
        node('picture', 'Input', { columns: ['image'] }),
        node('wide', 'Dense', { units: 4, activation: 'relu' }),
        node('deep', 'Conv2D', { filters: 2, kernelSize: [3, 3] }),
        node('flat', 'Flatten'),
        node('both', 'Concatenate'),
        node('code', 'Dense', { units: 5, activation: 'relu' }),
      ],
      edges: [
        edge('table', 'wide'),
        edge('picture', 'deep'),
        edge('deep', 'flat'),
        edge('wide', 'both'),
        edge('flat', 'both'),
        edge('both', 'code'),
      ],
    };
    expect(refusal(document, 'code', features)).toBeNull();
    const made = pretrained(document, 'code', features, { kind: 'gaussian', amount: 0.1 });
    expect(decoderOf(made.document)).toEqual([
      'GaussianNoise noise',
      'Dense decoder_code_table 36',
      'Dense decoder_both_table 4',
      'Dense decoder_wide_table 3',
      'Output reproduced_table',
      'GaussianNoise noise_1',
      'Dense decoder_code_picture 36',
      'Dense decoder_both_picture 32',
      'Reshape decoder_flat_reshape_picture',
      'Conv2DTranspose decoder_deep_picture 1',
      'Activation decoded_picture',
      'Output reproduced_picture',
    ]);
    expect(made.layers).toEqual(['wide', 'deep', 'code']);
    expect(made.configuration).toMatchObject({
      loss: 'meanSquaredError',
      outputs: { reproduced_picture: { loss: 'binaryCrossentropy' } },
    });
    expect(problemsOf(made, features)).toEqual([]);
    const { nodes } = analyze(document, features);
    let ids = 0;
    const shapes = layerByLayer(document, nodeOf(document, 'code'), nodes).map((part) => {
      const { document: stage, configuration } = autoencoderUpTo(
        document,
        part,
        features,
        nodes,
        NONE,
        () => `new ${ids++}`,
      );
      return modelWeights(stage, features, configurationWith(configuration)).map(
        ({ name, shape }) => `${name} ${shape.join()}`,
      );
    });
    // The next one has the weights of the one before.
    expect(shapes).toHaveLength(2);
    expect(shapes[1]).toEqual(expect.arrayContaining(shapes[0]!));
  });

  test('no layer of the decoder has a name of the model, and the named weights stay', () => {
    const weights = { artifact: 'a'.repeat(64), label: 'base' };
    const lines = [
      of('Flatten', 'flat'),
      dense(4, 'relu', { name: 'code' }),
      dense(10, 'softmax', { name: 'decoder_code' }),
    ];
    const document = { ...sequentialDocument(lines), weights };
    const made = pretrained(document, 'code', unitPictures([8, 8, 1])).document;
    expect(made.weights).toEqual(weights);
    expect(made.nodes.map(({ name }) => name)).not.toContain('decoder_code');
  });

  test('random layers of pictures are off', () => {
    const document = sequentialDocument([of('RandomFlip', 'flip'), of('Conv2D', 'a', { filters: 2 }), dense(2)]);
    expect(nodeOf(pretrained(document, 'a', unitPictures([8, 8, 1])).document, 'flip').training).toBe(false);
  });
});

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

describe('layerByLayer', () => {
  const features = unitPictures([28, 28, 1]);
  const lines = [
    of('Conv2D', 'first', { filters: 3 }),
    of('BatchNormalization', 'bn'),
    of('Flatten', 'flat'),
    dense(20, 'relu', { name: 'second' }),
    dense(10, 'relu', { name: 'third' }),
    dense(2, 'softmax'),
  ];
  const document = sequentialDocument(lines);
  const { nodes } = analyze(document, features);
  const parts = layerByLayer(document, nodeOf(document, 'third'), nodes);

  test('each part has one more layer with weights; a normalization belongs to the layer before', () => {
    expect(parts.map(({ end, trainedUpTo }) => [trainedUpTo?.name, end.name])).toEqual([
      [undefined, 'flat'],
      ['flat', 'second'],
      ['second', 'third'],
    ]);
  });

  test('trains the new layer and its mirror; the layers that were trained keep their names and are frozen', () => {
    const made = parts.map((part) => {
      let ids = 0;
      return autoencoderUpTo(document, part, features, nodes, NONE, () => `new ${ids++}`);
    });
    const trainable = made.map((autoencoder) =>
      [...analyze(autoencoder.document, features).nodes.values()]
        .filter(({ trainableParameters }) => trainableParameters > 0)
        .map(({ nodeId }) => autoencoder.document.nodes.find(({ id }) => id === nodeId)!.name),
    );
    expect(trainable).toEqual([
      ['first', 'bn', 'decoder_first'],
      ['second', 'decoder_second'],
      ['third', 'decoder_third'],
    ]);
    const shapes = made.map((autoencoder) =>
      modelWeights(autoencoder.document, features, configurationWith(autoencoder.configuration)).map(
        ({ name, shape }) => `${name} ${shape.join()}`,
      ),
    );
    expect(shapes[1]).toEqual(expect.arrayContaining(shapes[0]!));
    expect(shapes[2]).toEqual(expect.arrayContaining(shapes[1]!));
    for (const autoencoder of made) expect(problemsOf(autoencoder, features)).toEqual([]);
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
