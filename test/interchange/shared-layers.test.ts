import { describe, expect, it } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { kerasCode } from '../../src-shared/interchange/keras/code.ts';
import { toKeras } from '../../src-shared/interchange/keras/to-keras.ts';
import { kerasJson } from '../../src-shared/interchange/keras/write-json.ts';
import { kerasDocument, readFixture, sharedFixtures } from '../support/keras-fixtures.ts';

/** Inputs without data, of the fixture's sizes. */
function withShapes(document: ModelDocument): ModelDocument {
  const nodes = document.nodes.map((node) =>
    node.kind === 'Input' && Array.isArray(node.params['columns'])
      ? { ...node, params: { shape: [node.params['columns'].length] } }
      : node,
  );
  return { ...document, nodes };
}

const imported = (name: string): ModelDocument =>
  withShapes(kerasDocument(sharedFixtures().find((each) => each.name === name)!.fixture.model));

const written = (document: ModelDocument) => toKeras(document, analyze(document, null));

/** The model after export to Keras and import. */
function again(document: ModelDocument): ModelDocument {
  const { text, notes } = kerasJson(written(document));
  expect(notes).toEqual([]);
  return withShapes(kerasDocument(JSON.parse(text)));
}

/** Names of the layers and calls of a document and its blocks, with those they read and share. */
function outline({ nodes, edges, blocks }: ModelDocument): unknown {
  const of = (graph: Pick<ModelDocument, 'nodes' | 'edges'>) => {
    const nameOf = (id: string | undefined) => graph.nodes.find((node) => node.id === id)?.name;
    return graph.nodes
      .map(({ id, name, kind, params, frozen, weightsOf }) => ({
        ...{ name, kind, frozen, weightsOf: nameOf(weightsOf) },
        params: kind === 'Block' ? {} : params,
        inputs: graph.edges.filter(({ target }) => target === id).map(({ source }) => nameOf(source)),
      }))
      .sort((a, b) => a.name.localeCompare(b.name, 'en'));
  };
  return [of({ nodes, edges }), ...blocks.map(of)];
}

describe.each(sharedFixtures().map(({ name }) => name))('the model %s of Keras', (name) => {
  it('is the same after export and import', () => {
    // Calls are numbered in the order in which they run.
    const document = again(imported(name));
    expect(outline(again(document))).toEqual(outline(document));
    expect(analyze(document, null).parameters).toBe(analyze(imported(name), null).parameters);
  });
});

describe('a nested model that is called several times', () => {
  it('is a block, with a Block node for each call', () => {
    const { nodes, blocks } = imported('siamese');
    const [owner, again] = nodes.filter(({ kind }) => kind === 'Block');
    expect(blocks.map(({ name }) => name)).toEqual(['tower']);
    expect([owner!.name, again!.name, again!.weightsOf]).toEqual(['tower', 'tower_1', owner!.id]);
  });

  it('has the same calls in Keras 2, which counts them from 1', () => {
    const [two, three] = ['2', '3'].map((version) => kerasDocument(readFixture(`keras-json/siamese-${version}.json`)));
    expect(outline({ ...two!, blocks: [] })).toEqual(outline({ ...three!, blocks: [] }));
    expect(two!.nodes.flatMap(({ name, weightsOf }) => (weightsOf === undefined ? [] : [name]))).toEqual([
      'tower_1',
      'code_1',
    ]);
  });
});

it('code defines a shared layer once and calls it several times', () => {
  const lines = kerasCode(written(imported('siamese'))).split('\n');
  expect(lines.filter((line) => line.includes('tower'))).toMatchInlineSnapshot(`
    [
      "tower_features = keras.Input(shape=(5,), name="features")",
      "tower_hidden = layers.Dense(6, activation="tanh", kernel_regularizer=keras.regularizers.L2(l2=0.02), name="hidden")(tower_features)",
      "tower_norm = layers.BatchNormalization(momentum=0.7, name="norm")(tower_hidden)",
      "tower_code = layers.Dense(4, name="code")(tower_norm)",
      "tower_model = keras.Model(inputs=tower_features, outputs=tower_code, name="tower")",
      "tower = tower_model(left)",
      "tower_1 = tower_model(right)",
      "joined = layers.Concatenate(name="joined")([tower, tower_1])",
    ]
  `);
  const row = kerasCode(written(imported('several times in a row'))).split('\n');
  expect(row.filter((line) => line.includes('norm'))).toMatchInlineSnapshot(`
    [
      "norm_layer = layers.BatchNormalization(momentum=0.6, name="norm")",
      "norm = norm_layer(step)",
      "step_1 = step_layer(norm)",
      "norm_1 = norm_layer(step_1)",
      "head = layers.Dense(1, name="head")(norm_1)",
    ]
  `);
});

it('a shared layer whose owner leads to no output is exported', () => {
  const document = imported('siamese');
  const owner = document.nodes.find(({ name }) => name === 'tower')!;
  const joined = document.nodes.find(({ name }) => name === 'joined')!;
  const edges = document.edges.filter(({ source }) => source !== owner.id);
  const alone = {
    ...document,
    edges: [
      ...edges,
      { id: 'more', source: edges.find(({ target }) => target === joined.id)!.source, target: joined.id },
    ],
  };
  const { layers } = written(alone);
  expect(layers.map(({ name, weightsOf, model }) => [name, weightsOf, model?.name])).toContainEqual([
    'tower_1',
    'tower',
    'tower',
  ]);
});

it('without sharing blocks are flattened', () => {
  const { blocks, ...rest } = imported('siamese');
  const nodes = rest.nodes.map(({ weightsOf: _shared, ...node }) => node);
  const names = written({ ...rest, nodes, blocks }).layers.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['tower_hidden', 'tower_1_hidden']));
});
