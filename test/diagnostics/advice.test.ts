import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelFeatures } from '../../src-shared/diagnostics/analyze.ts';
import type { FittedColumn } from '../../src-shared/data/prepared.ts';
import { changeForFix } from '../../src-shared/diagnostics/remedies/fixes.ts';
import type { JsonValue, ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { parseModelDocument } from '../../src-shared/document/reading/parse.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import type { GraphProblem } from '../../src-shared/document/schema/problem.ts';
import type { Fit } from '../../src-shared/starting-points/fit.ts';
import { replaceModel } from '../../src-shared/starting-points/sketch.ts';
import { templates } from '../../src-shared/starting-points/templates/catalog.ts';
import { chain, chainBlock, chainModel, layer, use } from '../support/block-documents.ts';
import { classFeatures, cnnDocument, dense, mlpDocument, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';

const images = classFeatures([28, 28, 1], 10);
const flowers = classFeatures([4], 3);

const he = (units: number, activation: string, kernelInitializer: JsonValue = 'heNormal'): LayerLine => ({
  kind: 'Dense',
  params: { units, activation, kernelInitializer },
});
const selu = (units = 8): LayerLine => he(units, 'selu', 'lecunNormal');
const softmax = dense(3, 'softmax');
const last10 = dense(10, 'softmax');
const conv = (params: Record<string, JsonValue> = {}): LayerLine => ({
  kind: 'Conv2D',
  params: { filters: 4, activation: 'relu', ...params },
});
const normalization: LayerLine = { kind: 'BatchNormalization' };
const of = (kind: string, params: Record<string, JsonValue> = {}): LayerLine => ({ kind, params });

/** A chain with a skip connection from its layer `from` to a new Add before its layer `to`. */
function withShortcut(lines: readonly LayerLine[], from: number, to: number): ModelDocument {
  const document = sequentialDocument(lines);
  const [source, target] = [document.nodes[from]!, document.nodes[to]!];
  const before = document.edges.find((edge) => edge.target === target.id)!;
  const add = { id: 'add', kind: 'Add', name: 'add', params: {}, position: { x: 0, y: 0 }, frozen: false };
  const edges = [
    ...document.edges.filter((edge) => edge !== before),
    { ...before, target: 'add' },
    { id: 'shortcut', source: source.id, target: 'add' },
    { id: 'onward', source: 'add', target: target.id },
  ];
  return { ...document, nodes: [...document.nodes, add], edges };
}

/** Two branches from the Input that join before the last layer. */
function branches(kind: string, left: LayerLine[], right: LayerLine[]): ModelDocument {
  const document = sequentialDocument([...left, { kind, name: 'meeting' }, softmax]);
  const more = right.map((line, index) => layer(line.kind, `right_${index}`, { ...line.params }));
  const path = ['input_0', ...more.map(({ id }) => id), 'meeting'];
  return { ...document, nodes: [...document.nodes, ...more], edges: [...document.edges, ...chain(path)] };
}

function advices(document: ModelDocument, features: ModelFeatures): GraphProblem[] {
  const { problems } = analyze(document, features);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return problems.filter(({ code }) => code.startsWith('advice/'));
}

/** Recurrent layers, for which tanh is the right activation. */
const recurrent = (count: number): LayerLine[] =>
  Array.from({ length: count }, (_, i) => of('LSTM', { units: 4, returnSequences: i < count - 1 }));

interface AdviceCase {
  readonly code: string;
  readonly title: string;
  readonly features?: ModelFeatures;
  /** Models that get the advice; the fix of each problem removes it. */
  readonly given: readonly ModelDocument[];
  /** Similar models without the advice. */
  readonly notGiven: readonly ModelDocument[];
}

const seq = sequentialDocument;
const deep = (count: number, activation: string, initializer = 'glorotUniform') =>
  Array.from({ length: count }, () => he(8, activation, initializer));

const cases: readonly AdviceCase[] = [
  {
    code: 'selu-initializer',
    title: 'SELU without a LeCun initializer',
    given: [
      seq([dense(8, 'selu'), softmax]),
      seq([dense(8), of('Activation', { activation: 'selu' }), softmax]),
      seq([he(8, 'selu', { name: 'varianceScaling', scale: 2 }), softmax]),
    ],
    notGiven: [
      seq([selu(), softmax]),
      seq([he(8, 'selu', 'lecunUniform'), softmax]),
      seq([he(8, 'selu', { name: 'varianceScaling', scale: 1 }), softmax]),
      seq([{ ...dense(8, 'selu'), frozen: true }, softmax]),
      seq([dense(8, 'elu'), softmax]),
    ],
  },
  {
    code: 'selu-dropout',
    title: 'plain dropout after SELU',
    given: [
      seq([selu(), of('Dropout', { rate: 0.1 }), softmax]),
      seq([of('Reshape', { targetShape: [2, 2] }), selu(), of('Flatten'), of('Dropout'), softmax]),
    ],
    notGiven: [
      seq([selu(), of('AlphaDropout'), softmax]),
      seq([dense(8, 'relu'), of('Dropout'), softmax]),
      seq([of('Dropout'), selu(), softmax]),
    ],
  },
  {
    code: 'selu-graph',
    title: 'SELU before joined branches',
    given: [withShortcut([selu(), selu(), selu(), softmax], 1, 3)],
    notGiven: [
      seq([selu(), selu(), softmax]),
      withShortcut([he(8, 'elu'), he(8, 'elu'), he(8, 'elu'), softmax], 1, 3),
      withShortcut([he(8, 'elu'), he(8, 'elu'), selu(), softmax], 1, 3),
    ],
  },
  {
    code: 'bias-before-normalization',
    title: 'a bias before BatchNormalization',
    given: [
      seq([dense(8), normalization, of('Activation', { activation: 'relu' }), softmax]),
      seq([dense(8), of('BatchNormalization', { axis: 1 }), of('ReLU'), softmax]),
    ],
    notGiven: [
      seq([dense(8, 'relu'), normalization, softmax]),
      seq([of('Dense', { units: 8, useBias: false }), normalization, of('ReLU'), softmax]),
      seq([dense(8), of('BatchNormalization', { center: false }), of('ReLU'), softmax]),
      seq([dense(8), of('LayerNormalization'), of('ReLU'), softmax]),
      withShortcut([dense(8), normalization, of('ReLU'), dense(8, 'relu'), softmax], 1, 4),
    ],
  },
  {
    code: 'dense-on-images',
    title: 'Dense on images',
    features: images,
    given: [seq([conv(), dense(8, 'relu'), of('Flatten'), last10])],
    notGiven: [
      seq([conv(), of('Flatten'), dense(8, 'relu'), last10]),
      seq([conv(), of('GlobalAveragePooling2D'), last10]),
    ],
  },
  {
    code: 'saturating-activation',
    title: 'sigmoid and tanh in deep hidden layers',
    given: [
      seq([...deep(2, 'sigmoid'), softmax]),
      seq([...deep(3, 'tanh'), softmax]),
      seq([dense(8), of('Activation', { activation: 'sigmoid' }), dense(8, 'sigmoid'), softmax]),
    ],
    notGiven: [
      seq([...deep(1, 'sigmoid'), softmax]),
      seq([...deep(2, 'tanh'), softmax]),
      seq([dense(8, 'tanh'), normalization, dense(8, 'tanh'), normalization, dense(8, 'tanh'), softmax]),
      seq([of('Reshape', { targetShape: [2, 2] }), ...recurrent(3), softmax]),
    ],
  },
  {
    code: 'rectifier-initializer',
    title: 'deep ReLU layers with Glorot initializers',
    given: [seq([...deep(5, 'relu'), softmax]), seq([...deep(6, 'elu', 'glorotNormal'), softmax])],
    notGiven: [
      seq([...deep(4, 'relu'), softmax]),
      seq([...deep(8, 'relu', 'heNormal'), softmax]),
      seq([...deep(8, 'relu').flatMap((line) => [line, normalization]), softmax]),
      seq([...deep(8, 'selu', 'lecunNormal'), softmax]),
    ],
  },
  {
    code: 'linear-stack',
    title: 'two successive linear layers',
    given: [
      seq([dense(8), softmax]),
      seq([dense(8, 'relu'), dense(8), dense(8, 'relu'), softmax]),
      seq([dense(8), of('Dropout', { rate: 0.1 }), of('Reshape', { targetShape: [2, 4] }), of('Flatten'), softmax]),
      seq([dense(8), of('Activation', { activation: 'linear' }), softmax]),
      branches('Concatenate', [dense(8)], [dense(8)]),
      branches('Add', [dense(8)], [dense(8)]),
      branches('Average', [dense(8), of('Dropout', { rate: 0.1 })], [dense(8)]),
      branches('Concatenate', [dense(8)], [dense(8, 'relu')]),
    ],
    notGiven: [
      seq([dense(8), of('ReLU'), softmax]),
      seq([dense(2), dense(4, 'relu'), softmax]),
      seq([{ ...dense(8), frozen: true }, softmax]),
      seq([dense(8), of('Dropout'), of('ReLU'), softmax]),
      seq([dense(8), of('Dropout', { monteCarlo: true }), softmax]),
      seq([dense(8), of('LayerNormalization'), softmax]),
      seq([dense(8), of('Reshape', { targetShape: [4, 2] }), of('GlobalMaxPooling1D'), softmax]),
      branches('Multiply', [dense(8)], [dense(8)]),
      branches('Maximum', [dense(8)], [dense(8)]),
      // A residual block: the sum of its input and an activation of it.
      withShortcut([dense(8, 'relu'), dense(8, 'relu'), dense(8), softmax], 1, 4),
      branches('Add', [dense(8)], [dense(8, 'relu'), dense(8)]),
      // Bottlenecks.
      branches('Concatenate', [dense(2)], [dense(3, 'relu')]),
    ],
  },
  {
    code: 'linear-stack',
    title: 'a linear convolution before another layer with a kernel',
    features: images,
    given: [
      seq([conv({ activation: 'linear' }), of('AveragePooling2D'), of('Flatten'), last10]),
      seq([conv({ activation: 'linear' }), of('ZeroPadding2D'), conv(), of('Flatten'), last10]),
    ],
    notGiven: [
      seq([conv({ activation: 'linear' }), of('MaxPooling2D'), of('Flatten'), last10]),
      seq([
        conv({ activation: 'linear' }),
        of('BatchNormalization', { center: false }),
        of('ReLU'),
        of('Flatten'),
        last10,
      ]),
      // The upsampling path of a U-Net has no activation.
      seq([conv(), of('Conv2DTranspose', { filters: 4, kernelSize: 2, strides: 2 }), conv(), of('Flatten'), last10]),
    ],
  },
  {
    code: 'dropout-at-end',
    title: 'dropout of predictions',
    given: [seq([dense(8, 'relu'), softmax, of('Dropout', { rate: 0.2 })])],
    notGiven: [seq([dense(8, 'relu'), of('Dropout'), softmax]), seq([of('Dropout'), softmax])],
  },
  {
    code: 'repeated-softmax',
    title: 'softmax of probabilities',
    given: [seq([dense(3, 'softmax'), of('Softmax')]), seq([softmax, of('Activation', { activation: 'softmax' })])],
    notGiven: [seq([dense(3), of('Softmax')]), seq([softmax])],
  },
];

describe.each(cases)('$title', ({ code, given, notGiven, features = flowers }) => {
  test.each(given.map((document, number) => [number, document] as const))('model %i gets the advice', (_, document) => {
    const found = advices(document, features);
    expect(found.map((problem) => problem.code)).toEqual(found.map(() => `advice/${code}`));
    expect(found.length).toBeGreaterThan(0);
    for (const { message } of found) expect(message).toMatch(/^.+\. [A-Z][^.]+\.$/);
  });

  test.each(given.map((document, number) => [number, document] as const))(
    'the fixes of model %i remove the advice',
    (_, document) => {
      let current = document;
      let made = 0;
      for (let [problem] = advices(current, features); problem !== undefined; [problem] = advices(current, features)) {
        const change = changeForFix(current, problem.fixes[0]!, () => `new${made}`)!;
        current = applyAndUndo(current, change);
        made += 1;
        expect(made).toBeLessThan(10);
      }
    },
  );

  test.each(notGiven.map((document, number) => [number, document] as const))(
    'similar model %i gets no advice',
    (_, document) => {
      expect(advices(document, features)).toEqual([]);
    },
  );
});

describe('inputs of SELU', () => {
  const document = seq([selu(), softmax]);
  const column = (scaling: Partial<Extract<FittedColumn, { type: 'numeric' }>>) => ({
    type: 'numeric' as const,
    name: 'age',
    offset: 0,
    scale: 1,
    fill: null,
    min: 0,
    max: 80,
    ...scaling,
  });
  const image = (offset: number, scale: number): FittedColumn => ({
    type: 'image',
    name: 'image',
    shape: [2, 2, 1],
    offset,
    scale,
  });
  const found = (columns: FittedColumn[], model = document) => advices(model, { ...flowers, columns });

  test.each([
    ['unscaled numbers', column({})],
    ['numbers between 0 and 1', column({ offset: 0, scale: 80 })],
    ['unscaled pixels', image(0, 1)],
    ['pixels between 0 and 1', image(0, 255)],
  ])('%s get the advice', (_, given) => {
    const [problem, ...others] = found([given]);
    expect(problem).toMatchObject({ code: 'advice/selu-input', nodeId: 'input_0' });
    expect(problem!.fixes).toEqual([
      {
        label: `Standardize '${given.name}'`,
        action: 'scale-columns',
        params: { columns: [given.name], scaling: 'standard' },
      },
    ]);
    expect(others).toEqual([]);
  });

  test.each([
    ['standardized numbers', column({ offset: 40, scale: 20 })],
    ['numbers around 0', column({ min: -3, max: 4 })],
    ['a constant', column({ offset: 7, scale: 1, min: 7, max: 7 })],
    ['categories', { type: 'categorical' as const, name: 'age', categories: ['a', 'b'], fill: null }],
    ['standardized pixels', image(33, 78)],
  ])('%s get no advice', (_, given) => {
    expect(found([given])).toEqual([]);
  });

  test('SELU inside a block gets the advice', () => {
    const block = chainBlock('stack', [layer('Dense', 'hidden', selu().params)]);
    const last = layer('Dense', 'last', { units: 3, activation: 'softmax' });
    const inBlock = found([column({})], chainModel([use('stack', 'stack'), last], [block]));
    expect(inBlock.map(({ code, nodeId }) => [code, nodeId])).toContainEqual(['advice/selu-input', 'input']);
  });

  test('numbers with a Normalization layer or without SELU get no advice', () => {
    expect(found([column({})], seq([normalization, selu(), softmax]))).toEqual([]);
    expect(found([column({})], seq([he(8, 'relu'), selu(), softmax]))).toEqual([]);
  });
});

test('advice on a layer inside a repeated block appears once, and its fix edits the block', () => {
  const inner = layer('Dense', 'dense', { units: 4, activation: 'selu' });
  const classes = layer('Dense', 'classes', { units: 3, activation: 'softmax' });
  const document = chainModel([use('stack', 'stack', { repeat: 3 }), classes], [chainBlock('stack', [inner])]);
  const [problem, ...others] = advices(document, flowers);
  expect(others).toEqual([]);
  expect(problem).toMatchObject({ nodeId: 'stack', inside: { path: ['stack'], nodeId: 'dense' } });
  expect(problem!.message).toMatchInlineSnapshot(
    `"SELU in 'stack/dense' keeps values at mean 0 and variance 1 only with LeCun initialization; received Glorot uniform. Set Kernel initializer to Lecun normal. The same holds for 2 more copies."`,
  );
  const after = applyChange(
    document,
    changeForFix(document, problem!.fixes[0]!, () => 'new')!,
  );
  expect(after.blocks[0]!.nodes.find(({ id }) => id === 'dense')!.params['kernelInitializer']).toBe('lecunNormal');
  expect(advices(after, flowers)).toEqual([]);
});

test('a fix for several layers edits model or block, and is omitted for layers in both', () => {
  const sigmoid = (name: string) => layer('Dense', name, { units: 4, activation: 'sigmoid' });
  const classes = layer('Dense', 'classes', { units: 3, activation: 'softmax' });
  const block = chainBlock('stack', [sigmoid('dense')]);
  const inBlock = chainModel([use('stack', 'stack', { repeat: 3 }), classes], [block]);
  const [problem] = advices(inBlock, flowers);
  const after = applyChange(
    inBlock,
    changeForFix(inBlock, problem!.fixes[0]!, () => 'new')!,
  );
  expect(advices(after, flowers)).toEqual([]);
  const inBoth = chainModel([sigmoid('first'), use('stack', 'stack'), classes], [block]);
  expect(advices(inBoth, flowers)[0]!.fixes).toEqual([]);
});

test('advice for several layers appears once for the model and once for a block, with a fix for all', () => {
  const node = (name: string) => layer('Dense', name, { units: 4, activation: 'selu' });
  const classes = layer('Dense', 'classes', { units: 3, activation: 'softmax' });
  const blocks = [chainBlock('stack', [node('one'), node('two')])];
  const document = chainModel([node('first'), node('second'), use('stack', 'stack', { repeat: 2 }), classes], blocks);
  const found = advices(document, flowers);
  expect(found.map(({ message }) => [...message.matchAll(/'([^']+)'/g)].map(([, name]) => name))).toEqual([
    ['first', 'second'],
    ['stack/one', 'stack/two'],
  ]);
  const after = found.reduce(
    (current, { fixes }) =>
      applyChange(
        current,
        changeForFix(current, fixes[0]!, () => 'new')!,
      ),
    document,
  );
  expect(advices(after, flowers)).toEqual([]);
});

describe('no advice that depends on layers behind an error', () => {
  /** Fails shape inference on every input. */
  const broken = of('Reshape', { targetShape: [5, 7] });
  const brokenAdd = (lines: readonly LayerLine[], from: number, to: number): ModelDocument =>
    withShortcut(lines, from, to);
  const codes = (document: ModelDocument) => {
    const { problems } = analyze(document, flowers);
    expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
    return problems.filter(({ severity }) => severity === 'advice').map(({ code }) => code);
  };

  test.each<[string, ModelDocument]>([
    [
      'a bias that an Add of other shapes also reads',
      brokenAdd([dense(8), normalization, of('ReLU'), dense(5), softmax], 1, 5),
    ],
    [
      'a bias before a BatchNormalization that cannot be built',
      seq([dense(8), of('BatchNormalization', { axis: 5 }), of('ReLU'), softmax]),
    ],
    [
      'SELU whose activation layer has another reader',
      brokenAdd([dense(8), of('Activation', { activation: 'selu' }), dense(5, 'relu'), softmax], 1, 4),
    ],
    ['dropout before a trainable layer behind the error', seq([dense(8, 'relu'), of('Dropout'), broken, softmax])],
    ['sigmoids normalized behind the error', seq([...deep(3, 'sigmoid'), broken, normalization, softmax])],
    ['sigmoids that are gates of a Multiply that cannot be built', gates()],
    [
      'ReLUs whose branches join in an Add of other shapes',
      brokenAdd([...deep(6, 'relu'), dense(5, 'relu'), softmax], 1, 8),
    ],
    ['ReLUs normalized behind the error', seq([...deep(7, 'relu'), broken, normalization, softmax])],
    ['a linear layer that an Add of other shapes also reads', brokenAdd([dense(8), dense(5, 'relu'), softmax], 1, 3)],
    ['a linear layer before a Dense that cannot be built', seq([dense(8), of('Dense', { units: -1 }), softmax])],
    ['SELU behind a layer that cannot be built', seq([broken, selu(), softmax])],
    ['softmax behind the error', seq([broken, softmax, of('Softmax')])],
    ['dropout of SELU behind the error', seq([broken, selu(), of('Dropout'), softmax])],
    ['SELU before branches that join in an Add of other shapes', brokenAdd([selu(), selu(5), softmax], 1, 3)],
  ])('%s', (_, document) => {
    expect(codes(document)).toEqual([]);
  });

  test('graph/nothing-trainable is not reported while a layer fails', () => {
    const document = seq([{ ...dense(8, 'relu'), frozen: true }, broken, of('Flatten'), softmax]);
    expect(analyze(document, flowers).problems.map(({ code }) => code)).toEqual(['layer/shape']);
  });

  test('dense-on-images is reported for the layers before an error', () => {
    const document = seq([conv(), dense(8, 'relu'), of('Reshape', { targetShape: [5, 7] }), last10]);
    expect(analyze(document, images).problems.map(({ code }) => code)).toContain('advice/dense-on-images');
  });

  /** Two successive sigmoids; the second is multiplied with layers of another width. */
  function gates(): ModelDocument {
    const document = withShortcut([dense(8, 'sigmoid'), dense(8, 'sigmoid'), dense(5, 'relu'), softmax], 2, 4);
    return {
      ...document,
      nodes: document.nodes.map((node) => (node.id === 'add' ? { ...node, kind: 'Multiply' } : node)),
    };
  }
});

test('common models get no advice', () => {
  expect(advices(mlpDocument(), images)).toEqual([]);
  expect(advices(cnnDocument(), images)).toEqual([]);
});

describe('pixel range', () => {
  const image = (offset: number, scale: number): FittedColumn => {
    return { type: 'image', name: 'image', shape: [8, 8, 1], offset, scale };
  };
  const bytes = { columns: [image(0, 1)], statistics: { mean: [110], variance: [60 ** 2] } };
  const unit = { columns: [image(0, 255)], statistics: { mean: [0.43], variance: [0.24 ** 2] } };
  const standardized = { columns: [image(110, 60)], statistics: { mean: [0], variance: [1] } };
  const rescaling = (scale: number, offset: number): LayerLine => of('Rescaling', { scale, offset });
  const statistics = (mean: JsonValue, variance: JsonValue): LayerLine => of('Normalization', { mean, variance });

  test.each([
    ['x / 255', rescaling(1 / 255, 0), 'none'],
    ['x / 128 - 0.99', rescaling(1 / 128, -127 / 128), 'none'],
    ['2 · x - 1', rescaling(2, -1), 'unit'],
    ['statistics of bytes', statistics([123.7], [3400]), 'none'],
    ['statistics of 0 … 1', statistics([0.485], [0.0524]), 'unit'],
    ['the identity', rescaling(1, 0), null],
    ['statistics of the training rows', of('Normalization'), null],
    ['statistics of standardized values', statistics([0.01], [1.02]), null],
    ['a pixel range of 0 … 255', of('RandomBrightness'), 'none'],
    ['a pixel range of 0 … 1', of('RandomContrast', { valueRange: [0, 1] }), 'unit'],
    ['a convolution', conv(), null],
  ])('%s as the first layer', (_, first, expected) => {
    const document = sequentialDocument([first, conv(), of('Flatten'), last10]);
    const scalings = [bytes, unit, standardized].map((given) =>
      advices(document, { ...classFeatures([8, 8, 1], 10), ...given })
        .filter(({ code }) => code === 'advice/pixel-range')
        .flatMap(({ fixes }) => fixes.map(({ params }) => ({ ...params }))),
    );
    const fix = (scaling: string) => [{ columns: ['image'], scaling }];
    const wanted = {
      none: [[], fix('none'), fix('none')],
      unit: [fix('unit'), [], fix('unit')],
    };
    expect(scalings).toEqual(expected === null ? [[], [], []] : wanted[expected as keyof typeof wanted]);
  });

  test('layers that keep the values of pixels are passed; tables get no advice', () => {
    const images = [of('Dropout'), of('RandomFlip'), of('Resizing', { height: 4, width: 5 })];
    const document = sequentialDocument([...images, of('Flatten'), rescaling(1 / 255, 0), last10]);
    const found = advices(document, { ...classFeatures([8, 8, 1], 10), ...unit });
    expect(found.map(({ code, nodeId }) => [code, nodeId])).toContainEqual(['advice/pixel-range', 'input_0']);
    const table = sequentialDocument([rescaling(1 / 255, 0), softmax]);
    expect(advices(table, { ...flowers, ...{ statistics: { mean: [0.4], variance: [0.1] } } })).toEqual([]);
  });
});

test('every advice module has a test case', () => {
  const folder = new URL('../../src-shared/diagnostics/advice/', import.meta.url);
  const files = readdirSync(folder).map((file) => file.replace('.ts', ''));
  const parts = ['advise', 'advised-model', 'retune', 'selu-input', 'pixel-range'];
  const codes = [...new Set(cases.map(({ code }) => code))].sort();
  expect(files.filter((file) => !parts.includes(file)).sort()).toEqual(codes);
});

describe('templates and examples of Lamina get no advice', () => {
  const fits: Fit[] = [
    { inputShape: [4], output: { units: 3, activation: 'softmax' } },
    { inputShape: [28, 28, 1], output: { units: 3, activation: 'softmax' } },
    { inputShape: [20, 4], output: { units: 3, activation: 'softmax' } },
  ];
  const started = templates.flatMap((template) =>
    fits.flatMap((fit) =>
      'build' in template && template.unsuited(fit, { document: seq([]), trainedBy: null }) === null
        ? [[`${template.id} on ${fit.inputShape!.join(' × ')}`, template, fit] as const]
        : [],
    ),
  );
  test.each(started)('%s', (_, template, fit) => {
    const sketch = template.build(fit);
    let made = 0;
    const { change } = replaceModel(seq([]), sketch, 'Begin', () => `id${(made += 1)}`);
    const document = applyChange(seq([]), change);
    expect(advices(document, classFeatures([...fit.inputShape!], 3))).toEqual([]);
  });

  const folder = new URL('../../examples/', import.meta.url);
  const names = readdirSync(folder).flatMap((name) =>
    readdirSync(new URL(name, folder)).flatMap((file) => (file.endsWith('.lamina.json') ? [`${name}/${file}`] : [])),
  );
  test.each(names)('%s', (name) => {
    const { document } = parseModelDocument(JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as unknown);
    const shape = document.nodes.some(({ kind }) => kind === 'Conv2D' || kind === 'Flatten') ? [28, 28, 1] : [4];
    const { problems } = analyze(document, classFeatures(shape, 10));
    expect(problems.filter(({ code }) => code.startsWith('advice/'))).toEqual([]);
  });
});
