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
});
