import { describe, expect, test } from 'vitest';
import { datasetDocument } from '../../src-shared/data/dataset-document.ts';
import type { Column } from '../../src-shared/data/dataset-document.ts';
import type { FittedColumn } from '../../src-shared/data/prepared.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelFeatures } from '../../src-shared/diagnostics/analyze.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { dataForModel } from '../../src-shared/starting-points/data-for-model.ts';
import { fitTo } from '../../src-shared/starting-points/fit.ts';
import { baseUpTo, headRefusal, withNewHead } from '../../src-shared/starting-points/templates/new-head.ts';
import { classFeatures, dense, numericFeatures, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';

const nodeOf = ({ nodes }: ModelDocument, name: string) => nodes.find((node) => node.name === name)!;
const of = (kind: string, name: string, params: LayerLine['params'] = {}): LayerLine => ({ kind, name, params });

/** The model with a new head after a layer. */
function cut(document: ModelDocument, name: string, features: ModelFeatures): ModelDocument {
  const base = baseUpTo(document, nodeOf(document, name), analyze(document, features).nodes)!;
  let ids = 0;
  return applyChange(
    document,
    withNewHead(document, base, fitTo(features), () => `new ${ids++}`),
  );
}

function refusal(document: ModelDocument, name: string, features: ModelFeatures): string | null {
  return headRefusal(document, nodeOf(document, name), analyze(document, features).nodes);
}

/** Kinds in order, '*' after the frozen ones. */
const kindsOf = ({ nodes }: ModelDocument) => nodes.map(({ kind, frozen }) => (frozen ? `${kind} *` : kind));
const errorsOf = (document: ModelDocument, features: ModelFeatures) =>
  analyze(document, features).problems.filter(({ severity }) => severity === 'error');

const pictureModel = sequentialDocument([
  of('Rescaling', 'rescaling', { scale: 1 / 128, offset: -127 / 128 }),
  of('Conv2D', 'conv', { filters: 4 }),
  of('BatchNormalization', 'bn'),
  of('GlobalAveragePooling2D', 'pool'),
  of('Dropout', 'dropout'),
  dense(1000, 'softmax', { name: 'classes' }),
]);

describe('withNewHead', () => {
  const pictures = classFeatures([16, 16, 3], 2);

  test.each([
    ['pool', ['Input', 'Rescaling', 'Conv2D *', 'BatchNormalization *', 'GlobalAveragePooling2D', 'Dense', 'Output']],
    ['bn', ['Input', 'Rescaling', 'Conv2D *', 'BatchNormalization *', 'GlobalAveragePooling2D', 'Dense', 'Output']],
    ['conv', ['Input', 'Rescaling', 'Conv2D *', 'GlobalAveragePooling2D', 'Dense', 'Output']],
  ])('keeps the layers up to %s, and pools what is an image', (name, kinds) => {
    const document = cut(pictureModel, name, pictures);
    expect(kindsOf(document)).toEqual(kinds);
    expect(document.nodes.at(-2)!.params).toEqual({ units: 2, activation: 'softmax' });
    expect(errorsOf(document, pictures)).toEqual([]);
  });

  test('the kept layers that compute differently in training are in inference mode', () => {
    const layers = [
      ...pictureModel.nodes.slice(1, -2),
      of('GaussianNoise', 'noise'),
      dense(4, 'relu', { name: 'code' }),
    ];
    const document = cut(sequentialDocument([...layers, dense(9)]), 'code', pictures);
    const inInference = document.nodes.filter(({ training }) => training === false).map(({ name }) => name);
    expect(inInference).toEqual(['bn', 'dropout', 'noise']);
  });

  test('keeps the named weights, and gives the head a name that the old model does not have', () => {
    const weights = { artifact: 'a'.repeat(64), label: 'base.keras' };
    const named = { ...pictureModel, weights, nodes: pictureModel.nodes.map((node) => ({ ...node })) };
    nodeOf(named, 'classes').name = 'new_head';
    const document = cut(named, 'pool', classFeatures([16, 16, 3], 5));
    expect(document.weights).toEqual(weights);
    expect(document.nodes.at(-2)).toMatchObject({ name: 'new_head_1', params: { units: 5, activation: 'softmax' } });
  });

  test('gives each class target a Dense of its own, and the numbers one', () => {
    const several = numericFeatures([16, 16, 3], 2);
    const targets = [...several.targets, ...classFeatures([4], 3).targets];
    const document = cut(pictureModel, 'pool', { ...several, targets });
    const outputs = document.nodes.filter(({ kind }) => kind === 'Output');
    expect(outputs.map(({ params }) => params['targets'])).toEqual([['label'], ['value', 'value_2']]);
    expect(errorsOf(document, { ...several, targets })).toEqual([]);
    const places = document.nodes.map(({ position }) => `${position.x} ${position.y}`);
    expect(new Set(places).size).toBe(places.length);
  });

  test('takes the last step of a recurrent layer, and the mean over other sequences', () => {
    const sequences = classFeatures([20, 3], 4);
    const document = sequentialDocument([
      of('Conv1D', 'conv', { filters: 6 }),
      of('LSTM', 'lstm', { units: 5, returnSequences: true }),
      of('LSTM', 'last', { units: 5 }),
      dense(9),
    ]);
    const atRecurrent = cut(document, 'lstm', sequences);
    expect(kindsOf(atRecurrent)).toEqual(['Input', 'Conv1D *', 'LSTM *', 'Dense', 'Output']);
    expect(nodeOf(atRecurrent, 'lstm').params['returnSequences']).toBe(false);
    const atConvolution = cut(document, 'conv', sequences);
    expect(kindsOf(atConvolution)).toEqual(['Input', 'Conv1D *', 'GlobalAveragePooling1D', 'Dense', 'Output']);
    for (const model of [atRecurrent, atConvolution]) expect(errorsOf(model, sequences)).toEqual([]);
  });

  test('a kept call of a removed layer gets its weights and is frozen', () => {
    const model = sequentialDocument([
      dense(4, 'relu', { name: 'again' }),
      dense(4, 'relu', { name: 'owner' }),
      dense(2),
    ]);
    const nodes = model.nodes.map((node) =>
      node.name === 'again' ? { ...node, params: {}, weightsOf: 'owner' } : node,
    );
    const document = cut({ ...model, nodes }, 'again', numericFeatures([4]));
    expect(document.nodes[1]).toMatchObject({ id: 'again', name: 'owner', frozen: true, params: { units: 4 } });
    expect(document.nodes[1]!.weightsOf).toBeUndefined();
  });
});

describe('headRefusal', () => {
  const features = numericFeatures([8]);
  const model = sequentialDocument([of('Flatten', 'flatten'), dense(4, 'relu', { name: 'hidden' }), dense(1)]);

  test('refuses the ends, layers without weights before them, and unknown shapes', () => {
    const bad = sequentialDocument([dense(4, 'relu', { name: 'hidden' }), of('Conv2D', 'conv'), dense(1)]);
    const reasons = ['input_0', 'flatten', 'output_4'].map((name) => refusal(model, name, features));
    expect(reasons.every((reason) => reason !== null)).toBe(true);
    expect(refusal(bad, 'conv', features)).not.toBeNull();
    expect(refusal(model, 'hidden', features)).toBeNull();
  });

  test('names the Inputs that would be lost', () => {
    const wide = { ...nodeOf(model, 'input_0'), id: 'wide', name: 'wide' };
    const edge = { id: 'wide-out', source: 'wide', target: model.nodes.at(-2)!.id };
    const both = { ...model, nodes: [...model.nodes, wide], edges: [...model.edges, edge] };
    expect(refusal(both, 'hidden', features)).toContain("'wide'");
  });
});

describe('dataForModel', () => {
  const column = (scaling: Column['scaling']): Column => {
    const picture = { height: 16, width: 16, fit: 'stretch', colour: 'rgb' } as const;
    return { name: 'picture', role: 'feature', type: 'image', missing: 'drop-row', scaling, picture };
  };
  const split = { train: 0.8, validation: 0.2, test: 0, seed: 1, stratify: true };
  const source = { kind: 'pictures', path: 'pictures' } as const;
  const dataset = (scaling: Column['scaling']) =>
    datasetDocument({ name: 'data', source, columns: [column(scaling)], split });
  const features = (scale: number): ModelFeatures => {
    const image: FittedColumn = { type: 'image', name: 'picture', shape: [16, 16, 3], offset: 0, scale };
    const statistics = {
      mean: [110, 100, 90].map((mean) => mean / scale),
      variance: [60, 50, 60].map((d) => (d / scale) ** 2),
    };
    return { ...classFeatures([16, 16, 3], 2), columns: [image], statistics };
  };

  test('gives bytes to a model that scales them', () => {
    const { dataset: fitted, notes } = dataForModel(dataset('unit'), pictureModel, features(255));
    expect(fitted.columns).toEqual([column('none')]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain("'rescaling'");
  });

  test('changes nothing where range and size are right', () => {
    const given = dataset('none');
    expect(dataForModel(given, pictureModel, features(1)).dataset).toBe(given);
  });

  test("gives pictures the Input's own size", () => {
    const nodes = pictureModel.nodes.map((node) =>
      node.kind === 'Input' ? { ...node, params: { shape: [24, 32, 1] } } : node,
    );
    const { dataset: fitted } = dataForModel(dataset('none'), { ...pictureModel, nodes }, features(1));
    expect(fitted.columns[0]!.picture).toEqual({ height: 24, width: 32, fit: 'stretch', colour: 'grey' });
  });

  test.each(['mobilenet_1_0_224_tf.h5', 'vgg16_weights_tf_dim_ordering_tf_kernels.h5', 'base.keras'])(
    'warns about the range for %s without a layer that scales pixels',
    (label) => {
      const model = sequentialDocument([of('Conv2D', 'conv', { filters: 4 }), of('Flatten', 'flatten'), dense(2)]);
      const weights = { artifact: 'a'.repeat(64), label };
      const { dataset: fitted, notes } = dataForModel(dataset('unit'), { ...model, weights }, features(255));
      expect(fitted).toEqual(dataset('unit'));
      expect(notes).toHaveLength(1);
      expect(dataForModel(dataset('unit'), model, features(255)).notes).toEqual([]);
    },
  );
});
