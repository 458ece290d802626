import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { difference, imported, unpackedFixture } from '../support/imported-models.ts';
import type { Expected } from '../support/imported-models.ts';
import { Dice } from '../support/dice.ts';
import { seedsOf } from '../support/portion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/saved-models');
const EXPECTED = join(import.meta.dirname, '../fixtures/model-files');
const models = [...new Set(readdirSync(FIXTURES).map((name) => name.split('.')[0]!))];

const PARTS = {
  metadata: 'keras_metadata.pb',
  index: 'variables/variables.index',
  data: 'variables/variables.data-00000-of-00001',
} as const;

/** A SavedModel. Its graph of operations is not read, so it is empty. @returns Its folder. */
async function savedModel(model: string): Promise<string> {
  const folder = join(temporaryFolder(), model);
  mkdirSync(join(folder, 'variables'), { recursive: true });
  writeFileSync(join(folder, 'saved_model.pb'), '');
  for (const [part, path] of Object.entries(PARTS)) {
    writeFileSync(join(folder, path), await unpackedFixture(join(FIXTURES, `${model}.${part}`)));
  }
  return folder;
}

const opening = (path: string) => imported(path, join(temporaryFolder(), 'artifacts'));

describe.each(models)('%s of Keras 2', (model) => {
  test('opens as layers with weights and predicts as Keras', async () => {
    const folder = await savedModel(model);
    const all = JSON.parse((await unpackedFixture(join(EXPECTED, `${model}.json`))).toString()) as Record<
      string,
      Expected
    >;
    const opened = await opening(folder);
    expect(opened.report).toMatchObject({ format: 'keras-savedmodel', file: basename(folder), matches: null });
    expect(opened.report.losses.filter(({ severity }) => severity !== 'note')).toEqual([]);
    expect(opened.report.optimizerState).toBe(model === 'dense');
    if (model !== 'normalized') {
      expect(opened.report.fileParameters).toBe(opened.report.parameters);
      expect(opened.report.parameters).toBe(all['keras2']!.parameters);
    }
    expect(await difference(opened, all['keras2']!)).toBeLessThan(1e-5);
  });
});

test('opens by its file as by its folder', async () => {
  const folder = await savedModel('dense');
  const [byFolder, byFile] = [await opening(folder), await opening(join(folder, 'saved_model.pb'))];
  expect(byFile.document.weights).toEqual(byFolder.document.weights);
});

describe('refused', () => {
  test.each([
    ['without metadata of Keras, and an empty graph', 'keras_metadata.pb', 'model-file/damaged'],
    ['without the index of its variables', PARTS.index, 'model-file/missing-part'],
    ['without its variables', PARTS.data, 'model-file/missing-part'],
    ['without a graph', 'saved_model.pb', 'model-file/missing'],
  ])('%s', async (_, path, code) => {
    const folder = await savedModel('dense');
    rmSync(join(folder, path));
    await expect(opening(folder)).rejects.toMatchObject({ code });
  });

  test('a class of a person, whose call is Python code, with an empty graph', async () => {
    const folder = await savedModel('dense');
    const metadata = JSON.stringify({ name: 'net', class_name: 'MyModel', config: { layers: [] } });
    const field = (tag: number, text: string): Buffer => {
      const bytes = Buffer.from(text);
      return Buffer.concat([Buffer.from([tag, bytes.length]), bytes]);
    };
    const object = Buffer.concat([field(0x1a, 'root'), field(0x22, '_tf_keras_model'), field(0x2a, metadata)]);
    writeFileSync(join(folder, PARTS.metadata), Buffer.concat([Buffer.from([0x0a, object.length]), object]));
    await expect(opening(folder)).rejects.toMatchObject({ code: 'model-file/damaged' });
  });
});

test('mutants open, or are refused with an error of their own', async () => {
  const folder = await savedModel('nested');
  const whole = await unpackedFixture(join(FIXTURES, 'nested.metadata'));
  for (const seed of seedsOf('mutants of keras_metadata.pb', { quick: 34, ci: 100, soak: 700 })) {
    const dice = new Dice(seed, 'nested');
    const bytes = dice.chance(20) ? whole.subarray(0, dice.below(whole.length)) : Buffer.from(whole);
    for (let count = dice.from(1, 8); count > 0 && bytes.length > 0; count--) {
      // The first bytes are the structure of the first object, which is the model.
      bytes[dice.below(dice.chance(50) ? Math.min(30, bytes.length) : bytes.length)] = dice.below(256);
    }
    writeFileSync(join(folder, PARTS.metadata), bytes);
    const code = await opening(folder).then(
      () => 'opened',
      (error: unknown) => AppError.from(error).code,
    );
    expect(code, `seed ${seed}`).toMatch(/^(opened|model-file\/.+|keras\/.+|model\/invalid|document\/.+)$/);
  }
});
