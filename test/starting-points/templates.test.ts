import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { fitTo, NO_FIT } from '../../src-shared/starting-points/fit.ts';
import { templates } from '../../src-shared/starting-points/templates/catalog.ts';
import { configurationWith, numericFeatures, sequentialDocument } from '../support/documents.ts';
import { begun, templateCases, templateOf, trainedModel } from '../support/template-cases.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';

const canvas = { document: trainedModel, trainedBy: null };
const byKind = ({ nodes }: ModelDocument, kind: string) => nodes.filter((node) => node.kind === kind);

describe.each(templateCases)('templates for $data', ({ features, suited }) => {
  const fit = fitTo(features);

  test('offers the suitable templates', () => {
    const offered = templates.filter((template) => template.unsuited(fit, canvas) === null);
    expect(offered.map(({ id }) => id)).toEqual(suited);
  });

  test.each(suited)('%s compiles without problems', (id) => {
    const document = begun(templateOf(id), features);
    const { problems } = analyze(document, features);
    // The templates do not decide the scaling of the data.
    expect(problems.filter(({ code }) => !code.startsWith('advice/'))).toEqual([]);
    expect(compileModel(document, features, configurationWith({ batchSize: 4 })).ok).toBe(true);
  });
});

test('unsuited names the next step for a template with missing prerequisites', () => {
  const empty = { document: sequentialDocument([]), trainedBy: null };
  const nothing = { document: { ...empty.document, nodes: [], edges: [] }, trainedBy: null };
  const fit = fitTo(numericFeatures([8]));
  const why = (id: string, ...[data, open]: Parameters<(typeof templates)[number]['unsuited']>) =>
    templateOf(id).unsuited(data, open);
  const ofOtherSize = sequentialDocument([
    { kind: 'Dense', params: { units: 3 } },
    { kind: 'Dense', params: { units: 3 } },
  ]);
  ofOtherSize.nodes[0]!.params['shape'] = [5];
  const reasons = [
    why('multi-input', NO_FIT, canvas),
    why('multi-output', NO_FIT, canvas),
    why('multi-output', fit, canvas),
    why('transfer-head', fit, nothing),
    why('transfer-head', NO_FIT, canvas),
    why('transfer-head', fit, empty),
    why('transfer-head', fit, { document: ofOtherSize, trainedBy: null }),
  ];
  expect(reasons).toMatchInlineSnapshot(`
    [
      "Choose data first: its columns are distributed over the Inputs.",
      "Choose data first: each of its targets gets an Output.",
      "This data has one target, value. Mark another column as target on the Data page, or use the template “Auxiliary output”.",
      "Open or draw a model and train it first; then choose the new data.",
      "Choose data first: the new head is fitted to its target.",
      "Expected hidden layers to keep; the model on the canvas has none. Open or draw a model with hidden layers, and train it.",
      "The layers to keep do not accept this data. Input 'input_0' expected examples of shape 5; received 8 from the data set. Take the shape from the data set.",
    ]
  `);
});

describe('templates for several columns and targets', () => {
  const features = templateCases.find(({ data }) => data === 'several targets')!.features;

  test('multi-input reads numbers and categories in separate Inputs', () => {
    const inputs = byKind(begun(templateOf('multi-input'), features), 'Input');
    expect(inputs.map(({ name, params }) => [name, params['columns']])).toEqual([
      ['numbers', ['x1', 'x2', 'x3', 'x4', 'x5', 'x6']],
      ['categories', ['shore']],
    ]);
    expect(templateOf('multi-input').note?.(fitTo(features), canvas)).toMatchInlineSnapshot(
      `"Here: x1, …, x6 (6) and shore."`,
    );
  });

  test('multi-output creates an Output for each target, with its name and units', () => {
    const document = begun(templateOf('multi-output'), features);
    expect(byKind(document, 'Output').map(({ name, params }) => [name, params['targets']])).toEqual([
      ['value', ['value']],
      ['größe_size', ['Größe/size']],
      ['output_val', ['val']],
    ]);
    const compiled = compileModel(document, features, configurationWith({ batchSize: 4 }));
    const shapes =
      compiled.ok &&
      document.nodes.flatMap(({ id, kind }) =>
        kind === 'Output' ? [compiled.model.analysis.nodes.get(id)?.outputShape?.at(-1)] : [],
      );
    expect(shapes).toEqual([1, 3, 1]);
    expect(compiled.ok && compiled.model.metrics.map(({ name }) => name)).toEqual([
      'value_loss',
      'größe_size_loss',
      'output_val_loss',
      'value_mae',
      'größe_size_accuracy',
      'output_val_accuracy',
    ]);
  });
});

describe('transfer head template', () => {
  const features = numericFeatures([8]);

  test('keeps and freezes the layers, and gives the head a new name', () => {
    const document = begun(templateOf('transfer-head'), features);
    expect(document.nodes.map(({ name, frozen }) => (frozen ? `${name} *` : name))).toEqual([
      'input_0',
      'flatten_1',
      'hidden1 *',
      'hidden2 *',
      'new_head_1',
      'output',
    ]);
    expect(document.nodes.slice(0, 4).map(({ id }) => id)).toEqual(trainedModel.nodes.slice(0, 4).map(({ id }) => id));
  });

  test('pools images and removes the activation of the old head', () => {
    const conv = { kind: 'Conv2D', params: { filters: 4 } };
    const old = [
      conv,
      { kind: 'Dense', params: { units: 9 } },
      { kind: 'Activation', params: { activation: 'softmax' } },
    ];
    const images = { ...features, inputShape: [8, 8, 3] };
    const document = begun(templateOf('transfer-head'), images, sequentialDocument(old));
    expect(document.nodes.map(({ kind }) => kind)).toEqual([
      'Input',
      'Conv2D',
      'GlobalAveragePooling2D',
      'Dense',
      'Output',
    ]);
    expect(analyze(document, images).problems).toEqual([]);
  });

  test('replaces all heads of a model with several', () => {
    const several = begun(templateOf('auxiliary-output'), features);
    const document = begun(templateOf('transfer-head'), features, several);
    expect(document.nodes.map(({ name }) => name)).toEqual([
      'input',
      'dense',
      'dense_1',
      'concatenate',
      'new_head',
      'output',
    ]);
    expect(analyze(document, features).problems).toEqual([]);
  });

  test.each([
    ['autoencoder', numericFeatures([16]), ['input', 'dense', 'code']],
    ['denoising-autoencoder', numericFeatures([16]), ['input', 'gaussian_noise', 'dense', 'code']],
    ['autoencoder', { ...numericFeatures([8, 8, 1]) }, ['input', 'conv2d', 'max_pooling2d', 'conv2d_1', 'code']],
  ])('keeps the encoder of an %s', (id, rows, encoder) => {
    const trained = begun(templateOf(id), rows);
    const document = begun(templateOf('transfer-head'), rows, trained);
    const kept = document.nodes
      .map(({ name }) => name)
      .filter((name) => trained.nodes.some((node) => node.name === name));
    expect(kept.filter((name) => name !== 'output')).toEqual(encoder);
    expect(analyze(document, rows).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('keeps an encoder with its activation, also where the decoder has layers of the same size', () => {
    const dense = (units: number, name: string) => ({ kind: 'Dense', name, params: { units } });
    const lines = [
      dense(6, 'encoder'),
      dense(3, 'code'),
      { kind: 'ReLU', name: 'relu' },
      dense(3, 'decoder'),
      dense(8, 'decoded'),
    ];
    const trained = sequentialDocument(lines);
    const [input] = trained.nodes;
    const nodes = trained.nodes.map((node) =>
      node.kind === 'Output' ? { ...node, params: { reproduces: input!.name } } : node,
    );
    const document = begun(templateOf('transfer-head'), features, { ...trained, nodes });
    expect(document.nodes.slice(0, 4).map(({ name }) => name)).toEqual([input!.name, 'encoder', 'code', 'relu']);
    expect(document.nodes).toHaveLength(6);
  });

  test('the note names the source of the weights', () => {
    const note = (trainedBy: string | null) =>
      templateOf('transfer-head').note?.(fitTo(features), { ...canvas, trainedBy });
    expect([note(null), note('run 3')]).toMatchInlineSnapshot(`
      [
        "Keeps 2 layers up to hidden2. Train this model first: no run has weights for them yet.",
        "Keeps 2 layers up to hidden2. To train, choose “Continue from these weights” of run 3 on the Runs page.",
      ]
    `);
  });
});
