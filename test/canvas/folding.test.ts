import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { proposeGroups, type ProposedGroup } from '../../src-shared/canvas/folding/propose-groups.ts';
import { countingIds } from '../document/random-edits.ts';
import { shownGraph, placesShown } from '../../src-shared/document/geometry/groups.ts';
import { setCollapsed } from '../../src-shared/document/geometry/group-edits.ts';
import { layersOf } from '../../src-shared/canvas/layout/layers.ts';
import { openedDocument, type Sketch } from '../../src-shared/starting-points/sketch.ts';
import { importModel } from '../../src-main/interchange/import-model.ts';
import { parseModelDocument } from '../../src-shared/document/reading/parse.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';
import { sequentialDocument } from '../support/documents.ts';
import { randomGraph } from '../support/graphs.ts';
import { seedsOf } from '../support/portion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A chain of layers, 'Conv2D stem_conv', between Input and Output. */
const chain = (lines: readonly string[]): ModelDocument =>
  sequentialDocument(
    lines.map((line) => {
      const [kind, name] = line.split(' ') as [string, string];
      return { kind, name };
    }),
  );

const sizes = (groups: readonly ProposedGroup[]) => groups.map(({ name, nodeIds }) => `${name} ${nodeIds.length}`);

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe('groups of a long model', () => {
  const blocks = (count: number, prefix: (i: number) => string) =>
    numbers(count).flatMap((i) => [
      `Conv2D ${prefix(i)}_expand`,
      `BatchNormalization ${prefix(i)}_expand_bn`,
      `DepthwiseConv2D ${prefix(i)}_depthwise`,
      `BatchNormalization ${prefix(i)}_depthwise_bn`,
      `Conv2D ${prefix(i)}_project`,
    ]);

  it('are its parts with a common beginning of the names, and what is before and after them', () => {
    const document = chain([
      ...['Rescaling rescaling', 'Conv2D Conv1', 'BatchNormalization bn_Conv1', 'ReLU Conv1_relu'],
      ...blocks(5, (i) => `block_${i}`),
      ...['Conv2D Conv_1', 'BatchNormalization Conv_1_bn', 'ReLU out_relu'],
      ...['GlobalAveragePooling2D pool', 'Dense classes'],
    ]);
    const groups = proposeGroups(document);
    expect(sizes(groups)).toEqual(['stem 4', ...numbers(5).map((i) => `block_${i} 5`), 'head 3']);
    expect(proposeGroups(document)).toEqual(groups);
  });

  it('are named without the beginning that all names share, and divided where a part is long', () => {
    const document = chain([
      ...blocks(6, (i) => `model_conv1_block${i}`),
      ...blocks(3, (i) => `model_conv2_block${i}`),
      ...['Conv2D model_top_conv', 'BatchNormalization model_top_bn', 'ReLU model_top_relu'],
    ]);
    expect(sizes(proposeGroups(document))).toEqual([
      ...numbers(6).map((i) => `conv1_block${i} 5`),
      ...numbers(3).map((i) => `conv2_block${i} 5`),
      'top 3',
    ]);
  });

  it('join parts with the same number, as in MobileNet', () => {
    const document = chain([
      ...['Conv2D conv1', 'BatchNormalization conv1_bn', 'ReLU conv1_relu'],
      ...numbers(6).flatMap((i) => [
        ...(i % 2 === 0 ? [`ZeroPadding2D conv_pad_${i}`] : []),
        ...[`DepthwiseConv2D conv_dw_${i}`, `BatchNormalization conv_dw_${i}_bn`, `ReLU conv_dw_${i}_relu`],
        ...[`Conv2D conv_pw_${i}`, `BatchNormalization conv_pw_${i}_bn`, `ReLU conv_pw_${i}_relu`],
      ]),
      'Dense classes',
    ]);
    expect(sizes(proposeGroups(document))).toEqual([
      'conv1 3',
      ...numbers(6).map((i) => `conv_${i} ${i % 2 === 0 ? 7 : 6}`),
    ]);
  });

  it('are repeated kinds where the names are those that Keras gives', () => {
    const unit = (i: number) => [
      ...(i % 2 === 0 ? [`ZeroPadding2D zero_padding2d_${i}`] : []),
      ...[
        `Conv2D conv2d_${i}`,
        `BatchNormalization batch_normalization_${i}`,
        `ReLU re_lu_${i}`,
        `Dropout dropout_${i}`,
      ],
    ];
    const document = chain([...numbers(7).flatMap(unit), 'Flatten flatten', 'Dense dense']);
    expect(sizes(proposeGroups(document))).toEqual(numbers(7).map((i) => `block ${i} ${i % 2 === 0 ? 5 : 4}`));
  });

  it('end where one output is read, not inside of a residual block', () => {
    const lines = numbers(6).flatMap((i) => [
      ...[`Conv2D conv2d_${2 * i}`, `ReLU re_lu_${2 * i}`, `Conv2D conv2d_${2 * i + 1}`, `ReLU re_lu_${2 * i + 1}`],
      `Add add_${i}`,
    ]);
    const plain = chain(['Conv2D conv2d', ...lines]);
    const skips = numbers(6).map((i) => {
      const source = i === 1 ? 'conv2d' : `add_${i - 1}`;
      return { id: `skip ${i}`, source, target: `add_${i}` };
    });
    const groups = proposeGroups({ ...plain, edges: [...plain.edges, ...skips] });
    expect(groups.map(({ nodeIds }) => nodeIds.at(-1))).toEqual(numbers(6).map((i) => `add_${i}`));
    expect(sizes(groups)).toEqual(numbers(6).map((i) => `block ${i} 5`));
  });

  it('are none in a model of 24 layers, in one without repetition and in one with a cycle', () => {
    const small = numbers(4).flatMap((i) => numbers(6).map((j) => `Dense block${i}_${j}`));
    expect(proposeGroups(chain(small))).toEqual([]);
    const long = chain([...small, 'Dense block5_1']);
    expect(sizes(proposeGroups(long))).toEqual(numbers(4).map((i) => `block${i} 6`));
    const back = { id: 'back', source: 'block3_1', target: 'block1_1' };
    expect(proposeGroups({ ...long, edges: [...long.edges, back] })).toEqual([]);
  });

  it.each(seedsOf('folding', { quick: 30, ci: 60, soak: 400 }))(
    'fold without a cycle and contain each layer once in random graph %i',
    (seed) => {
      const { nodes, edges } = randomGraph(seed, 30 + 5 * (seed % 20));
      const named = nodes.map((node, i) => ({ ...node, name: `block${Math.floor(i / 7)}_${node.id}` }));
      for (const layers of [nodes, named]) {
        const groups = proposeGroups({ nodes: layers, edges });
        const members = groups.flatMap(({ nodeIds }) => nodeIds);
        expect(new Set(members).size).toBe(members.length);
        const groupOf = new Map(groups.flatMap(({ name, nodeIds }) => nodeIds.map((id) => [id, name] as const)));
        const shown = shownGraph(
          {
            nodes: layers.map((node) => (groupOf.has(node.id) ? { ...node, group: groupOf.get(node.id)! } : node)),
            edges,
            groups: groups.map(({ name }) => ({ id: name, name, collapsed: true })),
          },
          'down',
        );
        const cards = [...placesShown(shown).keys()].map((id) => ({ ...nodes[0]!, id }));
        const { rankOf } = layersOf({ nodes: cards, edges: [...shown.edges] });
        const rank = new Map(cards.map(({ id }, item) => [id, rankOf[item]!]));
        expect(shown.edges.filter(({ source, target }) => rank.get(source)! >= rank.get(target)!)).toEqual([]);
      }
    },
  );
});

describe('an opened model', () => {
  const sketch = (count: number): Sketch => [
    { kind: 'Input', params: { shape: [4] }, from: [] },
    ...numbers(count).flatMap((i) =>
      numbers(3).map((j) => ({
        ...{ kind: 'Dense', name: `block${i}_${j}`, params: { units: 4 } },
        from: [3 * (i - 1) + j - 1],
      })),
    ),
    { kind: 'Output', params: {}, from: [3 * count] },
  ];

  it('has folded groups in columns, in its blocks too', () => {
    const document = openedDocument('long', sketch(30), countingIds());
    expect(parseModelDocument(JSON.parse(JSON.stringify(document)))).toEqual({ document, warnings: [] });
    expect(document.groups?.map(({ name, collapsed }) => [name, collapsed])).toEqual(
      numbers(30).map((i) => [`block${i}`, true]),
    );
    const places = [...placesShown(shownGraph(document, 'down')).values()];
    expect(new Set(places.map(({ x }) => x)).size).toBeGreaterThan(2);
    expect(new Set(places.map(({ x, y }) => `${x} ${y}`)).size).toBe(32);
    const nested: Sketch = [
      sketch(1)[0]!,
      { kind: 'Block', params: {}, from: [0], inside: sketch(30).map((layer) => inBlock(layer)) },
    ];
    expect(openedDocument('nested', nested, countingIds()).blocks[0]!.groups).toHaveLength(30);
    expect(openedDocument('small', sketch(8), countingIds()).groups).toBeUndefined();
  });

  it('keeps its other columns when a group is unfolded, and has all cards at their positions when it is folded', () => {
    const document = openedDocument('long', sketch(30), countingIds());
    for (const { id } of document.groups!) {
      const open = applyAndUndo(document, setCollapsed(document, id, false));
      const members = document.nodes.filter(({ group }) => group === id);
      const moved = open.nodes.filter((node, i) => node.position.y !== document.nodes[i]!.position.y);
      expect(moved.filter(({ position }) => position.x !== members[0]!.position.x)).toEqual([]);
      expect(applyAndUndo(open, setCollapsed(open, id, true))).toEqual(document);
    }
  });
});

/** Inputs and outputs of a model as those of a block. */
function inBlock(layer: Sketch[number]): Sketch[number] {
  return layer.kind === 'Dense' ? layer : { ...layer, kind: `Block${layer.kind}`, params: {} };
}

describe('model files', () => {
  const DATA = join(import.meta.dirname, '../../../shared/data');

  it.for([
    [
      'pretrained/efficientnet-lite0.keras',
      'stem, block1, block2, block3, block4, block5, block6, block7, block8, block9, block10, block11, block12, block13, block14, block15, block16, head',
      24,
    ],
    [
      'models/h5-teachable-machine-nested-mobilenet/keras_model.h5',
      'stem, expanded_conv, block_1, block_2, block_3, block_4, block_5, block_6, block_7, block_8, block_9, block_10, block_11, block_12, block_13, block_14, block_15, block_16, head',
      24,
    ],
    [
      'models/h5-keras-2.0.5-mini-xception/fer2013_mini_XCEPTION.102-0.66.hdf5',
      'stem, block 1, block 2, block 3, block 4',
      10,
    ],
    ['models/h5-and-keras-3.1-mnist-cnn/mnist_model.keras', '', 9],
  ] as const)('%s', async ([name, groups, cards], { skip }) => {
    const path = join(DATA, name);
    skip(!existsSync(path), 'not in ../shared/data');
    const params = { path, artifacts: join(temporaryFolder(), 'artifacts'), onto: null };
    const { document } = await importModel(params, { signal: new AbortController().signal, onProgress: () => {} });
    expect((document.groups ?? []).map((group) => group.name).join(', ')).toBe(groups);
    const shown = shownGraph(document, 'down');
    expect(shown.nodes.length + shown.folded.length).toBe(cards);
  });
});
