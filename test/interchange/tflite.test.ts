import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StoredProgram } from '../../src-shared/layers/parameters/stored-program.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { Dice } from '../support/dice.ts';
import { difference, imported, largestError, unpackedFixture } from '../support/imported-models.ts';
import type { Expected } from '../support/imported-models.ts';
import { seedsOf } from '../support/portion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Models that `make_tflite_files.py` wrote. */
const FIXTURES = join(import.meta.dirname, '../fixtures/tflite');

interface TfliteExpected extends Expected {
  /** Names of the outputs. */
  readonly names: readonly string[];
  /** The largest step of a quantized output. */
  readonly step: number;
}

const expectedOf = async (name: string): Promise<TfliteExpected> =>
  JSON.parse((await unpackedFixture(join(FIXTURES, `${name}.json`))).toString()) as TfliteExpected;

async function opening(bytes: Uint8Array) {
  const folder = temporaryFolder();
  const path = join(folder, 'm.tflite');
  writeFileSync(path, bytes);
  return imported(path, join(folder, 'artifacts'));
}

const opened = async (name: string) => opening(await unpackedFixture(join(FIXTURES, `${name}.tflite`)));

const changesOf = ({ report }: Awaited<ReturnType<typeof opening>>): string[] =>
  report.losses.filter(({ severity }) => severity !== 'note').map(({ code }) => code);

describe('a model predicts as in TensorFlow Lite, as frozen operations', () => {
  test.each([
    ['pictures.float32', 633, []],
    ['pictures.float16', 633, []],
    ['shapes', 891, []],
    ['formulas', 0, []],
    ['blocks', 0, ['operations/fixed-batch']],
    ['words', 66, ['tflite/outputs']],
  ])('%s', async (name, parameters, changes) => {
    const model = await opened(name);
    expect(await difference(model, await expectedOf(name))).toBeLessThan(1e-5);
    const { report, document } = model;
    expect(report).toMatchObject({ format: 'tflite', file: 'm.tflite', optimizerState: false });
    expect(report.parameters).toBe(parameters);
    expect(changesOf(model)).toEqual(changes);
    const nodes = document.nodes.filter(({ kind }) => kind === 'Operations');
    expect(report.operations).toBe(nodes.length);
    expect(document.nodes.every(({ kind }) => ['Input', 'Operations', 'Output'].includes(kind))).toBe(true);
    const withWeights = nodes.filter(({ name: node }) => [...model.weights.keys()].some((key) => key.startsWith(node)));
    expect(withWeights.every(({ frozen }) => frozen)).toBe(true);
  });
});

describe('quantized models', () => {
  test.each([
    ['pictures.int8', ['tflite/quantized', 'tflite/range', 'tflite/range']],
    ['pictures.int8-inside', ['tflite/quantized']],
  ])('%s: within one step of its output, and nothing trains', async (name, changes) => {
    const model = await opened(name);
    const expected = await expectedOf(name);
    const step = 1 / 256;
    expect(largestError(model, expected)).toBeLessThan(1.01 * step);
    expect(changesOf(model)).toEqual(changes);
    const weights = model.document.nodes.flatMap(({ params: { program } }) =>
      program === undefined ? [] : (program as unknown as StoredProgram).weights,
    );
    expect(weights.length).toBeGreaterThan(5);
    expect(weights.every(({ trains }) => !trains)).toBe(true);
  });

  test('weights of 8 bits are real numbers; the report says what differs', async () => {
    const model = await opened('rows.dynamic');
    const error = await difference(model, await expectedOf('rows.dynamic'));
    expect(error).toBeGreaterThan(1e-5);
    expect(error).toBeLessThan(0.01);
    expect(changesOf(model)).toEqual(['tflite/quantized-weights']);
  });
});

describe('refused', () => {
  test('operations that Lamina lacks, custom ones among them, by name', async () => {
    await expect(opened('foreign')).rejects.toMatchObject({
      code: 'model-file/unsupported',
      details: { operations: { CUMSUM: 1, 'the custom operation FlexMatrixDeterminant': 1 } },
    });
  });

  test('pictures in blocks that are no dilated convolution', async () => {
    await expect(opened('scattered')).rejects.toMatchObject({
      code: 'model-file/unsupported',
      details: {
        operations: {
          'BATCH_TO_SPACE_ND without a convolution before it': 1,
        },
      },
    });
  });

  test('a file of another format with the suffix of this one', async () => {
    for (const bytes of [Buffer.from('no flatbuffer'), Buffer.alloc(0), Buffer.alloc(100)]) {
      await expect(opening(bytes)).rejects.toMatchObject({ code: 'model-file/damaged' });
    }
  });

  test('a file that is cut anywhere', async () => {
    const whole = await unpackedFixture(join(FIXTURES, 'pictures.float32.tflite'));
    for (const part of [8, 20, 100, whole.length / 3, whole.length / 2, whole.length - 100]) {
      await expect(opening(whole.subarray(0, Math.floor(part)))).rejects.toMatchObject({ code: 'model-file/damaged' });
    }
  });
});

test.each(seedsOf('damaged TensorFlow Lite files', { quick: 40, ci: 100, soak: 2000 }))(
  'a damaged file is refused with an error for people, or opens, seed %s',
  async (seed) => {
    const random = new Dice(seed, 'damaged TensorFlow Lite files');
    const name = random.pick(['pictures.float16', 'pictures.int8', 'shapes', 'formulas', 'words', 'foreign']);
    const bytes = Buffer.from(await unpackedFixture(join(FIXTURES, `${name}.tflite`)));
    for (let count = random.from(1, 4); count > 0; count--) {
      const at = random.below(bytes.length - 4);
      // Offsets and sizes are words of 4 bytes.
      if (random.chance(50)) bytes[at] = random.below(256);
      else bytes.writeInt32LE(random.pick([0, -1, 2 ** 31 - 1, -(2 ** 31), random.below(bytes.length)]), at - (at % 4));
    }
    const error = await opening(random.chance(20) ? bytes.subarray(0, random.below(bytes.length)) : bytes).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (error !== null) expect(error).toBeInstanceOf(AppError);
  },
);
