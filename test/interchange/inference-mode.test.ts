import { describe, expect, it } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { kerasCode } from '../../src-shared/interchange/keras/code.ts';
import { toKeras } from '../../src-shared/interchange/keras/to-keras.ts';
import { kerasJson } from '../../src-shared/interchange/keras/write-json.ts';
import { chain, chainBlock, chainModel, layer, use } from '../support/block-documents.ts';
import { kerasDocument } from '../support/keras-fixtures.ts';

const inference = { training: false } as const;

function withInput(document: ModelDocument): ModelDocument {
  const nodes = document.nodes.map((node) => (node.kind === 'Input' ? { ...node, params: { shape: [4] } } : node));
  return { ...document, nodes };
}

const written = (document: ModelDocument) => toKeras(document, analyze(document, null));

const mixed = withInput(
  chainModel(
    [
      layer('Dense', 'hidden', { units: 3 }),
      layer('Dropout', 'dropout', { rate: 0.5 }, inference),
      layer('BatchNormalization', 'norm', {}, inference),
      layer('BatchNormalization', 'kept', {}, { ...inference, frozen: true }),
      layer('Dense', 'last', { units: 2 }, inference),
    ],
    [],
  ),
);

/** Modes of all nodes, those of blocks included, by name. */
function modes(document: ModelDocument): Record<string, boolean | undefined> {
  const nodes = [document, ...document.blocks].flatMap((graph) => graph.nodes);
  return Object.fromEntries(nodes.map(({ name, training }) => [name, training]));
}

describe('layers in inference mode, written for Keras', () => {
  it('code calls them with training=False, and says what Keras 3 does with it', () => {
    const code = kerasCode(written(mixed)).split('\n');
    expect(code.filter((line) => line.includes('training=False)'))).toMatchInlineSnapshot(`
      [
        "dropout = layers.Dropout(0.5)(hidden, training=False)",
        "norm = layers.BatchNormalization(name="norm")(dropout, training=False)",
        "kept = layers.BatchNormalization(trainable=False, name="kept")(norm, training=False)",
      ]
    `);
    // Keras keeps a frozen BatchNormalization in this mode.
    expect(written(mixed).notes.map((note) => note.split("'")[1])).toEqual(['dropout', 'norm']);
  });

  it('JSON has it in the arguments of the calls; reading it again gives the same modes', () => {
    const { text } = kerasJson(written(mixed));
    expect(text.match(/"training": false/g)).toHaveLength(3);
    const again = modes(kerasDocument(JSON.parse(text)));
    expect(again).toMatchObject({ hidden: undefined, dropout: false, norm: false, kept: false, last: undefined });
  });

  it('a block that is called in both modes is one nested model with two calls', () => {
    const block = chainBlock('tower', [layer('Dense', 'dense', { units: 4 }), layer('BatchNormalization', 'norm')]);
    const again = use('tower', 'second', {}, { weightsOf: 'first', ...inference });
    const names = ['input', 'first', 'second', 'output'];
    const document = withInput({ ...chainModel([use('tower', 'first'), again], [block]), edges: chain(names) });
    const code = kerasCode(written(document));
    expect(code).toContain('(first, training=False)');
    expect(code.match(/training=False\)/g)).toHaveLength(1);
    const read = kerasDocument(JSON.parse(kerasJson(written(document)).text));
    const calls = read.nodes.filter(({ kind }) => kind === 'Block').map(({ training }) => training);
    expect([calls, modes(read)['norm']]).toEqual([[undefined, false], undefined]);
  });
});
