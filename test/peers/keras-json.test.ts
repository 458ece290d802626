import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { toKeras } from '../../src-shared/interchange/keras/to-keras.ts';
import { kerasJson } from '../../src-shared/interchange/keras/write-json.ts';
import {
  decodeFloats,
  fixtureDocument,
  kerasFixtureNames,
  readKerasFixture,
  relativeDifference,
  sharedFixtures,
} from '../support/keras-fixtures.ts';

const python = process.env['LAMINA_PEERS_PYTHON'];
const run = promisify(execFile);

describe.skipIf(python === undefined)('exported Keras configuration in Keras', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lamina-peers-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each(kerasFixtureNames().filter((name) => readKerasFixture(name).model !== undefined))(
    'of %s predicts the same as the model that was imported',
    async (name) => {
      const fixture = readKerasFixture(name);
      const document = fixtureDocument(fixture);
      const { text, notes } = kerasJson(toKeras(document, analyze(document, null)));
      expect(notes).toEqual([]);
      const file = join(folder, 'model.json');
      await writeFile(file, text);
      const script = join(import.meta.dirname, 'predict_keras_json.py');
      const weights = join(import.meta.dirname, `../fixtures/keras/${name}.json`);
      const { stdout } = await run(python!, [script, file, weights]);
      const predictions = JSON.parse(stdout.trim().split('\n').at(-1)!) as number[];
      expect(relativeDifference(predictions, decodeFloats(fixture.finalPredictions))).toBeLessThan(1e-5);
    },
  );

  it.each(sharedFixtures())('of $name trains to the same weights', async ({ name, fixture }) => {
    const document = fixtureDocument(fixture);
    const nodes = document.nodes.map((node) => {
      const { columns } = node.params;
      return Array.isArray(columns) ? { ...node, params: { shape: [columns.length] } } : node;
    });
    const { text, notes } = kerasJson(toKeras({ ...document, nodes }, analyze({ ...document, nodes }, null)));
    expect(notes).toEqual([]);
    const file = join(folder, 'model.json');
    await writeFile(file, text);
    const script = join(import.meta.dirname, 'train_keras_json.py');
    const fixtures = join(import.meta.dirname, '../fixtures/shared.json');
    const { stdout } = await run(python!, [script, file, fixtures, name]);
    const trained = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, number[]>;
    expect(Object.keys(trained).toSorted()).toEqual(Object.keys(fixture.finalWeights).toSorted());
    for (const [weight, values] of Object.entries(fixture.finalWeights)) {
      expect(relativeDifference(trained[weight]!, decodeFloats(values)), weight).toBeLessThan(1e-5);
    }
  });
});
