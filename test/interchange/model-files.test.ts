import { mkdir, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { difference, imported, unpackedFixture } from '../support/imported-models.ts';
import type { Expected } from '../support/imported-models.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/model-files');

const files = readdirSync(FIXTURES).map((name) => name.replace(/\.gz$/, ''));
const models = files
  .filter((name) => name.endsWith('.json') && !name.includes('.config.'))
  .map((name) => name.slice(0, -5));

const unpacked = (name: string): Promise<Buffer> => unpackedFixture(join(FIXTURES, name));

async function expectedOf(model: string, version: string): Promise<Expected> {
  return (JSON.parse((await unpacked(`${model}.json`)).toString()) as Record<string, Expected>)[version]!;
}

describe.each(models)('%s', (model) => {
  test.each(files.filter((name) => name.startsWith(`${model}.`) && /keras[23]\.(keras|h5)$/.test(name)))(
    '%s opens with its weights and predicts as Keras',
    async (name) => {
      const folder = temporaryFolder();
      const path = join(folder, name);
      await writeFile(path, await unpacked(name));
      const expected = await expectedOf(model, name.split('.')[1]!);
      const opened = await imported(path, join(folder, 'artifacts'));
      expect(opened.report.losses.filter(({ severity }) => severity !== 'note')).toEqual([]);
      expect(await difference(opened, expected)).toBeLessThan(1e-5);
      const { rows } = opened.report;
      expect(rows).toHaveLength(opened.report.layers);
      expect(rows.filter(({ outcome, reasons }) => outcome !== 'taken' && reasons.length === 0)).toEqual([]);
      expect(rows.filter(({ outcome }) => outcome !== 'taken')).toEqual([]);
      if (model !== 'normalized') {
        expect(rows.filter(({ parameters, fileParameters }) => (parameters ?? 0) !== fileParameters)).toEqual([]);
      }
      // Statistics of Normalization are parameters here, with a count in Keras.
      if (model !== 'normalized') expect(opened.report.parameters).toBe(expected.parameters);
    },
  );
});

describe('weights with a configuration in the same folder', () => {
  test.each(['keras3', 'keras2'])('%s: .weights.h5', async (version) => {
    const folder = temporaryFolder();
    await writeFile(join(folder, 'm.weights.h5'), await unpacked(`dense.${version}.weights.h5`));
    await writeFile(join(folder, 'm.json'), await unpacked(`dense.${version}.config.json`));
    const opened = await imported(join(folder, 'm.weights.h5'), join(folder, 'artifacts'));
    expect(await difference(opened, await expectedOf('dense', version))).toBeLessThan(1e-5);
    const note = opened.report.losses.find(({ code }) => code === 'model-file/configuration');
    expect(note).toMatchObject({ severity: 'note', message: expect.stringContaining("'m.json'") as string });
  });

  test('without a configuration: refused with what is missing', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'm.weights.h5');
    await writeFile(path, await unpacked('dense.keras3.weights.h5'));
    await mkdir(join(folder, 'artifacts'));
    await expect(imported(path, join(folder, 'artifacts'))).rejects.toMatchObject({ code: 'model-file/weights-only' });
    expect(readdirSync(join(folder, 'artifacts'))).toEqual([]);
  });
});

describe('weights without a configuration, onto the model of a project', () => {
  test.each(['dense.keras3.weights.h5', 'dense.keras2.weights.h5', 'dense.keras2.h5'])('%s', async (name) => {
    const folder = temporaryFolder();
    const artifacts = join(folder, 'artifacts');
    const version = name.split('.')[1]!;
    await writeFile(join(folder, 'dense.keras'), await unpacked(`dense.${version}.keras`));
    const { document } = await imported(join(folder, 'dense.keras'), artifacts);
    const { weights: _, ...project } = document;
    const path = join(folder, 'w.h5');
    await writeFile(path, await unpacked(name));
    const opened = await imported(path, artifacts, project);
    if (name.includes('weights')) expect(opened.document.nodes).toEqual(project.nodes);
    expect(opened.document.weights?.artifact).toBe(document.weights?.artifact);
    expect(await difference(opened, await expectedOf('dense', version))).toBeLessThan(1e-5);
  });

  test('of another model: refused', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, 'other.keras'), await unpacked('frozen.keras3.keras'));
    const { document } = await imported(join(folder, 'other.keras'), join(folder, 'artifacts'));
    const path = join(folder, 'w.h5');
    await writeFile(path, await unpacked('dense.keras3.weights.h5'));
    await expect(imported(path, join(folder, 'artifacts'), document)).rejects.toMatchObject({
      code: 'keras/weights-mismatch',
    });
  });
});

test('state of an optimizer is reported', async () => {
  const folder = temporaryFolder();
  const states = await Promise.all(
    ['dense.keras3.keras', 'dense.keras3.h5', 'dense.keras2.h5', 'nested.keras3.keras', 'nested.keras2.h5'].map(
      async (name) => {
        const path = join(folder, name);
        await writeFile(path, await unpacked(name));
        return (await imported(path, join(folder, 'artifacts'))).report.optimizerState;
      },
    ),
  );
  expect(states).toEqual([true, true, true, false, false]);
});
