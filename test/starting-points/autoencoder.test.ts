import { describe, expect, test } from 'vitest';
import { modelWeights } from '../../src-shared/compiler/model-programs.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelFeatures } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { autoencoderUpTo, layerByLayer } from '../../src-shared/starting-points/pretraining/autoencoder.ts';
import { classFeatures, configurationWith, dense, mlpDocument, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';
import {
  nodeOf,
  of,
  NONE,
  pretrained,
  refusal,
  problemsOf,
  unitPictures,
  standardized,
  decoderOf,
} from './pretrained-models.ts';

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
