import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { Dice } from '../support/dice.ts';
import { difference, imported, unpackedFixture } from '../support/imported-models.ts';
import type { Expected } from '../support/imported-models.ts';
import { seedsOf } from '../support/portion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** SavedModels that `make_graph_saved_models.py` wrote. */
const FIXTURES = join(import.meta.dirname, '../fixtures/graph-saved-models');
const GRAPH = 'saved_model.pb';
const PARTS = {
  graph: GRAPH,
  index: 'variables/variables.index',
  data: 'variables/variables.data-00000-of-00001',
} as const;

async function savedModel(name: string): Promise<string> {
  const folder = join(temporaryFolder(), name);
  mkdirSync(join(folder, 'variables'), { recursive: true });
  for (const [part, path] of Object.entries(PARTS)) {
    writeFileSync(join(folder, path), await unpackedFixture(join(FIXTURES, `${name}.${part}`)));
  }
  return folder;
}

const opening = (folder: string) => imported(folder, join(temporaryFolder(), 'artifacts'));

describe('a graph predicts as in TensorFlow, as frozen operations', () => {
  test.each([
    ['pictures', 264, ['savedmodel/outputs']],
    ['words', 90, []],
    ['exported', 219, ['savedmodel/signatures']],
    ['tensorflow1', 51, []],
  ])('%s', async (name, parameters, changes) => {
    const opened = await opening(await savedModel(name));
    const expected = JSON.parse((await unpackedFixture(join(FIXTURES, `${name}.json`))).toString()) as Expected;
    expect(await difference(opened, expected)).toBeLessThan(1e-5);
    const { report, document } = opened;
    expect(report).toMatchObject({ format: 'savedmodel', file: name, parameters, optimizerState: false });
    expect(report.fileParameters).toBeGreaterThanOrEqual(parameters);
    expect(report.losses.filter(({ severity }) => severity !== 'note').map(({ code }) => code)).toEqual(changes);
    const nodes = document.nodes.filter(({ kind }) => kind === 'Operations');
    expect(report.operations).toBe(nodes.length);
    expect(nodes.some(({ frozen }) => frozen)).toBe(true);
    expect(document.nodes.every(({ kind }) => ['Input', 'Operations', 'Output'].includes(kind))).toBe(true);
  });
});

describe('refused', () => {
  test('operations that Lamina lacks, by name', async () => {
    await expect(opening(await savedModel('loop'))).rejects.toMatchObject({
      code: 'model-file/unsupported',
      details: { operations: { StatelessWhile: 1 } },
    });
  });

  test('numbers of 64 bits', async () => {
    await expect(opening(await savedModel('doubles'))).rejects.toMatchObject({ code: 'model-file/unsupported' });
  });

  test('a folder without a graph, and a graph that is cut off', async () => {
    const folder = await savedModel('words');
    const path = join(folder, GRAPH);
    writeFileSync(path, readFileSync(path).subarray(0, 3000));
    await expect(opening(folder)).rejects.toMatchObject({ code: 'model-file/damaged' });
    writeFileSync(path, '');
    await expect(opening(folder)).rejects.toMatchObject({ code: 'model-file/damaged' });
  });
});

/** Texts of protocol buffers that change what a graph says, each with its length before it. */
const REPLACED = ['MatMul', 'Relu', 'AddV2', 'Identity', 'strides', 'kernel', 'StatefulPartitionedCall', 'inputs'];

test.each(seedsOf('damaged SavedModels', { quick: 40, ci: 100, soak: 2000 }))(
  'a damaged graph is refused with an error for people, or opens, seed %s',
  async (seed) => {
    const random = new Dice(seed, 'damaged SavedModels');
    const folder = await savedModel(random.pick(['pictures', 'words', 'tensorflow1', 'loop']));
    const path = join(folder, GRAPH);
    const bytes = readFileSync(path);
    for (let count = random.from(1, 4); count > 0; count--) {
      const text = random.pick(REPLACED);
      const at = random.chance(50) ? bytes.indexOf(text, random.below(bytes.length)) : -1;
      if (at < 0) bytes[random.below(bytes.length)] = random.below(256);
      else bytes.write(random.pick(REPLACED).padEnd(text.length, '_').slice(0, text.length), at);
    }
    writeFileSync(path, random.chance(20) ? bytes.subarray(0, random.below(bytes.length)) : bytes);
    const error = await opening(folder).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (error !== null) expect(error).toBeInstanceOf(AppError);
  },
);
