import { expect, test, vi } from 'vitest';
import { datasetDocument } from '../../src-shared/data/dataset-document.ts';
import type { FittedColumn } from '../../src-shared/data/prepared.ts';
import type { ModelFeatures } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { transferCommands } from '../../src-renderer/features/model/commands/transfer-commands.ts';
import { AnalysisStore } from '../../src-renderer/state/analysis-store.svelte.ts';
import { ConfigurationStore } from '../../src-renderer/state/configuration-store.svelte.ts';
import { ModelStore } from '../../src-renderer/state/model-store.svelte.ts';
import type { Stores } from '../../src-renderer/state/stores.ts';
import { Toasts } from '../../src-renderer/state/toasts.svelte.ts';
import { chainBlock, chainModel, layer, use } from '../support/block-documents.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import { openedDocuments } from './opened-documents.ts';

const picture = { height: 12, width: 12, fit: 'stretch', colour: 'rgb' } as const;
const column = {
  name: 'picture',
  role: 'feature',
  type: 'image',
  missing: 'drop-row',
  scaling: 'unit',
  picture,
} as const;
const fitted: FittedColumn = { type: 'image', name: 'picture', shape: [12, 12, 3], offset: 0, scale: 255 };
const features: ModelFeatures = {
  ...classFeatures([12, 12, 3], 3),
  columns: [fitted],
  statistics: { mean: [0.4, 0.4, 0.4], variance: [0.05, 0.05, 0.05] },
};

const base: ModelDocument = sequentialDocument([
  { kind: 'Rescaling', name: 'rescaling', params: { scale: 1 / 255, offset: 0 } },
  { kind: 'Conv2D', name: 'conv', params: { filters: 4 } },
  { kind: 'GlobalAveragePooling2D', name: 'pool' },
  dense(9, 'softmax', { name: 'classes' }),
]);

function open(model: ModelDocument, given: ModelFeatures | null = features) {
  vi.stubGlobal('requestAnimationFrame', () => 0);
  const split = { train: 0.8, validation: 0.2, test: 0, seed: 1, stratify: true };
  const source = { kind: 'pictures', path: 'pictures' } as const;
  const opened = datasetDocument({ name: 'data', source, columns: [column], split });
  // The loss fits another target.
  const configuration = configurationWith({ loss: 'poisson', metrics: ['mape'] });
  const documents = openedDocuments({ model, dataset: opened, configuration });
  const editor = {
    selectedNodes: [] as string[],
    select: (ids: string[]) => (editor.selectedNodes = ids),
    canvas: null,
  };
  const dataset = { features: given, preparing: false, document: opened };
  const stores = {
    documents,
    model: new ModelStore(documents),
    configuration: new ConfigurationStore(documents),
    dataset,
    editor,
    steps: { current: 'model' },
    toasts: new Toasts(),
  } as unknown as Stores;
  const analysis = new AnalysisStore(stores.model, stores.dataset, stores.configuration, { hasWeights: true });
  const newHead = transferCommands({ ...stores, analysis }).find(({ id }) => id === 'model.newHead');
  return { documents, stores, editor, dataset, newHead: newHead! };
}

test('model, data set and loss change in one step', () => {
  const { documents, editor, newHead } = open(base);
  const before = documents.current;
  editor.selectedNodes = ['pool'];
  expect(newHead.blocked?.()).toBeNull();
  newHead.run();
  const { model, dataset, configuration } = documents.current;
  expect(model.nodes.map(({ name, frozen }) => [name, frozen])).toEqual([
    ['input_0', false],
    ['rescaling', false],
    ['conv', true],
    ['pool', false],
    ['new_head', false],
    ['output', false],
  ]);
  expect(dataset.columns).toEqual([{ ...column, scaling: 'none' }]);
  expect(configuration.loss).toBe('auto');
  expect(documents.steps).toMatchObject({ done: 1 });
  documents.undo();
  expect(documents.current).toEqual(before);
});

test('the last of several selected layers is the end of the base', () => {
  const { documents, editor, newHead } = open(base);
  editor.selectedNodes = ['conv', 'rescaling'];
  newHead.run();
  expect(documents.current.model.nodes.map(({ name }) => name)).toContain('new_pooling');
});

test('it is blocked without a layer, data, and prepared data', () => {
  const { editor, dataset, newHead } = open(base);
  expect(newHead.blocked?.()).not.toBeNull();
  editor.selectedNodes = ['input_0'];
  expect(newHead.blocked?.()).toContain('input_0');
  editor.selectedNodes = ['conv'];
  expect(newHead.blocked?.()).toBeNull();
  dataset.preparing = true;
  expect(newHead.blocked?.()).not.toBeNull();
  dataset.preparing = false;
  const without = open(base, null);
  without.editor.selectedNodes = ['conv'];
  expect(without.newHead.blocked?.()).not.toBeNull();
});

test('a block is kept and frozen as a whole; inside a block the command is blocked', () => {
  const inner = [
    layer('Rescaling', 'rescaling', { scale: 1 / 255, offset: 0 }),
    layer('Conv2D', 'conv', { filters: 4 }),
  ];
  const model = chainModel([use('base', 'base'), layer('Flatten', 'flatten')], [chainBlock('base', inner)]);
  const { documents, stores, editor, newHead } = open(model);
  stores.model.open('base');
  editor.selectedNodes = ['conv'];
  expect(newHead.blocked?.()).not.toBeNull();
  stores.model.leaveTo(0);
  editor.selectedNodes = ['base'];
  expect(newHead.blocked?.()).toBeNull();
  newHead.run();
  const { nodes } = documents.current.model;
  expect(nodes.map(({ kind }) => kind)).toEqual(['Input', 'Block', 'GlobalAveragePooling2D', 'Dense', 'Output']);
  expect(nodes[1]!.frozen).toBe(true);
  expect(documents.current.dataset.columns[0]!.scaling).toBe('none');
});
