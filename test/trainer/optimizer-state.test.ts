import { writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src-main/engines/interface/engine.ts';
import { trainSteps } from '../../src-main/engines/interface/model-calls.ts';
import { relativeDifference } from '../../src-main/engines/interface/relative-difference.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { compileOrThrow } from '../../src-main/trainer/preparation/compile.ts';
import { stateFromWeights } from '../../src-main/trainer/state/first-state.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { OptimizerConfiguration } from '../../src-shared/training/configuration/optimizers.ts';
import { configurationWith, numericFeatures } from '../support/documents.ts';
import { imported, unpackedFixture } from '../support/imported-models.ts';
import { optimizerWith } from '../support/optimizers.ts';
import { sessionData } from '../support/session-data.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Runs that continue from the state of the optimizer in a Keras file. */

const FIXTURES = join(import.meta.dirname, '../fixtures/optimizer-states');
const files = readdirSync(FIXTURES)
  .filter((name) => !name.startsWith('expected'))
  .map((name) => name.replace(/\.gz$/, ''));

const optimizers: Readonly<Record<string, OptimizerConfiguration>> = {
  sgd: optimizerWith('sgd', { momentum: 0.9 }),
  adam: optimizerWith('adam', { learningRate: 0.01 }),
  amsgrad: optimizerWith('adam', { learningRate: 0.01, amsgrad: true }),
  rmsprop: optimizerWith('rmsprop', { learningRate: 0.01 }),
  centered: optimizerWith('rmsprop', { learningRate: 0.01, momentum: 0.5, centered: true }),
  adamw: optimizerWith('adamw', { learningRate: 0.01, weightDecay: 0.01 }),
  adamax: optimizerWith('adamax', { learningRate: 0.01 }),
  adagrad: optimizerWith('adagrad', { learningRate: 0.01 }),
  lion: optimizerWith('lion', { learningRate: 0.001 }),
};

interface Expected {
  readonly x: number[];
  readonly y: number[];
  /** After one further update. */
  readonly weights: Readonly<Record<string, Readonly<Record<string, number[]>>>>;
}

const expected = JSON.parse((await unpackedFixture(join(FIXTURES, 'expected.json'))).toString()) as Expected;
const features = numericFeatures([3]);
const ROWS = 8;
const data = sessionData({
  train: {
    x: { dtype: 'float32', shape: [ROWS, 3], data: Float32Array.from(expected.x) },
    y: { dtype: 'float32', shape: [ROWS, 1], data: Float32Array.from(expected.y) },
  },
});

async function opened(name: string, optimizerState = true) {
  const folder = temporaryFolder();
  const path = join(folder, name);
  await writeFile(path, await unpackedFixture(join(FIXTURES, name)));
  return imported(path, join(folder, 'artifacts'), null, optimizerState);
}

function begun(
  document: ModelDocument,
  { document: file, weights }: Awaited<ReturnType<typeof opened>>,
  optimizer: OptimizerConfiguration,
) {
  const configuration = configurationWith({ optimizer });
  const model = compileOrThrow(document, features, configuration, () => '');
  return { model, ...stateFromWeights(model, configuration, weights, file.weights?.optimizer) };
}

describe('one further update of the same batch', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadOnnxEngine('cpu');
  });

  test.each(files)('%s: weights equal those of Keras', async (name) => {
    const [kind = '', version = ''] = name.split('.');
    const optimizer = optimizers[kind]!;
    const file = await opened(name);
    expect(file.document.weights?.optimizer).toEqual({ kind: optimizer.kind, updates: 4 });
    expect(file.document.weights?.label).toMatch(/ with the state of \w+ after 4 updates$/);
    const [note, ...others] = file.report.losses.filter(({ code }) => code === 'model-file/optimizer-state');
    expect(note?.message).toMatch(/^New runs continue from the state of \w+ after 4 updates/);
    expect(others).toEqual([]);
    const { model, state, notes } = begun(file.document, file, optimizer);
    expect(notes.filter((note) => note.includes('state'))).toEqual([]);
    const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1] });
    try {
      await session.writeState(state);
      await session.loadData(data);
      const indices = Int32Array.from({ length: ROWS }, (_, row) => row);
      const learningRates = Float32Array.of(optimizer.learningRate);
      await trainSteps(session, { split: 'train', indices, steps: 1, learningRates });
      const after = expected.weights[`${kind}.${version}`]!;
      const found = await session.readState(model.weights.map((weight) => weight.name));
      for (const [weight, values] of Object.entries(after).filter(([, own]) => own.length > 0)) {
        expect(relativeDifference([...found.get(weight)!.data], Float32Array.from(values), 0)).toBeLessThan(1e-5);
      }
      expect(found.size).toBe(6);
    } finally {
      await session.dispose();
    }
  });
});

describe('a state that does not fit is not used, with a note', () => {
  test.each<[string, (document: ModelDocument) => ModelDocument, OptimizerConfiguration, string]>([
    [
      'another optimizer',
      (document) => document,
      optimizers['rmsprop']!,
      'it is that of adam, and the run trains with rmsprop',
    ],
    ['other options', (document) => document, optimizers['amsgrad']!, "expected 'first/kernel/velocity_hat'"],
    ['a changed layer', withUnits, optimizers['adam']!, "expected 'middle/kernel/momentum' with shape [4, 5]"],
  ])('%s', async (_, changed, optimizer, words) => {
    const file = await opened('adam.keras3.keras');
    const { model, state, notes } = begun(changed(file.document), file, optimizer);
    const note = notes.find((text) => text.startsWith("The optimizer's state that the weights come with is not used"));
    expect(note).toContain(words);
    for (const { name, initial } of model.slots) expect(new Set(state.get(name)!.data)).toEqual(new Set([initial]));
  });

  test('slots that the run does not have', async () => {
    const file = await opened('amsgrad.keras3.h5');
    const { notes } = begun(file.document, file, optimizers['adam']!);
    expect(notes.join('\n')).toContain("it has 'first/kernel/velocity_hat'");
  });

  test('a layer that the run freezes needs no slots', async () => {
    const file = await opened('adam.keras3.keras');
    const nodes = file.document.nodes.map((node) => (node.name === 'first' ? { ...node, frozen: true } : node));
    const { state, notes } = begun({ ...file.document, nodes }, file, optimizers['adam']!);
    expect(notes.filter((note) => note.includes('state'))).toEqual([
      'Layers that are frozen at the start have a new optimizer state if they are unfrozen later.',
    ]);
    expect(state.get('optimizer/middle/kernel/momentum')).toEqual(file.weights.get('optimizer/middle/kernel/momentum'));
  });
});

test('a file that is opened without its state keeps it out and says how to have it', async () => {
  const { document, report, weights } = await opened('adam.keras3.keras', false);
  expect(document.weights?.optimizer).toBeUndefined();
  expect([...weights.keys()].filter((name) => name.startsWith('optimizer/'))).toEqual([]);
  const note = report.losses.find(({ code }) => code === 'model-file/optimizer-state');
  expect(note?.message).toContain("open the file with its optimizer's state");
});

function withUnits(document: ModelDocument): ModelDocument {
  const nodes = document.nodes.map((node) =>
    node.name === 'middle' ? { ...node, params: { ...node.params, units: 5 } } : node,
  );
  return { ...document, nodes };
}
