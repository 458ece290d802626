import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importModel } from '../../src-main/interchange/import-model.ts';
import { safetensorsChunks } from '../../src-main/runs/safetensors.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { difference, imported, unpackedFixture } from '../support/imported-models.ts';
import type { Expected } from '../support/imported-models.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/weight-files');
const files = readdirSync(FIXTURES).map((name) => name.replace(/\.gz$/, ''));

const unpacked = (name: string): Promise<Buffer> => unpackedFixture(join(FIXTURES, name));

/** The layers of a fixture, without weights. */
async function layersOf(model: string): Promise<ModelDocument> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'config.json'), await unpacked(`${model}.config.json`));
  return (await imported(join(folder, 'config.json'), join(folder, 'artifacts'))).document;
}

/** Writes a fixture into a new folder. A checkpoint has an index and shards. @returns The file to open. */
async function placed(name: string): Promise<string> {
  const folder = temporaryFolder();
  const stem = name.slice(0, name.lastIndexOf('.'));
  const parts = files.filter((file) => file === name || file.startsWith(`${stem}.data-`));
  for (const part of parts) writeFileSync(join(folder, part), await unpacked(part));
  return join(folder, name);
}

async function opened(bytes: Uint8Array, suffix: string, onto: ModelDocument | null) {
  const folder = temporaryFolder();
  const path = join(folder, `w${suffix}`);
  writeFileSync(path, bytes);
  return imported(path, join(folder, 'artifacts'), onto);
}

/** A file with float32 tensors of ones. */
function safetensorsOf(shapes: Readonly<Record<string, readonly number[]>>): Buffer {
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1);
    return [name, { dtype: 'float32', shape: [...shape], data }] as const;
  });
  return Buffer.concat(safetensorsChunks(new Map(tensors)));
}

/** Files whose layout or order cannot be known, with the code. */
const refused = new Map([['square.order.npz', 'model-file/ambiguous-layout']]);

describe.each(files.filter((name) => /\.(npz|safetensors|index)$/.test(name) && !refused.has(name)))('%s', (name) => {
  test('goes onto the layers and predicts as in the program that wrote it', async () => {
    const model = name.split('.')[0]!;
    const document = await layersOf(model);
    const path = await placed(name);
    const result = await imported(path, join(dirname(path), 'artifacts'), document);
    const expected = JSON.parse((await unpacked(`${model}.json`)).toString()) as Expected;
    expect(await difference(result, expected)).toBeLessThan(1e-5);
    const by = new Set(result.report.matches?.map((match) => match.by));
    expect(by).toEqual(new Set([name.includes('order') || name.includes('numbered') ? 'order' : 'name']));
    expect(result.report.matches).toHaveLength(result.weights.size);
    expect(result.report.fileParameters).toBe(result.report.parameters);
    expect(result.report.matches?.some(({ reordered }) => reordered)).toBe(/torch|bf16|numbered/.test(name));
  });
});

test.each([...refused])('%s: refused with %s', async (name, code) => {
  const document = await layersOf(name.split('.')[0]!);
  const path = await placed(name);
  await expect(imported(path, join(dirname(path), 'artifacts'), document)).rejects.toMatchObject({ code });
});

describe('what cannot be decided is refused', () => {
  test.each([
    ['a kernel of another shape', 'table', { 'first.weight': [4, 5], 'first.bias': [3] }],
    ['a missing layer', 'table', { 'first.weight': [4, 5], 'first.bias': [4] }],
    [
      'other names, sorted by name, and two layers that fit each other',
      'square',
      { 'a.weight': [4, 4], 'b.weight': [4, 4], 'a.bias': [4], 'b.bias': [4] },
    ],
  ])('%s', async (_, model, shapes) => {
    const opening = opened(safetensorsOf(shapes), '.safetensors', await layersOf(model));
    await expect(opening).rejects.toMatchObject({ code: 'keras/weights-mismatch' });
  });

  test('a tensor of integers', async () => {
    const kernel = { dtype: 'int32', shape: [4, 4], data: new Int32Array(16) } as const;
    const bytes = Buffer.concat(safetensorsChunks(new Map([['first/kernel', kernel]])));
    await expect(opened(bytes, '.safetensors', await layersOf('square'))).rejects.toMatchObject({
      code: 'model-file/unsupported',
    });
  });

  test('a project without a model', async () => {
    const bytes = await unpacked('square.names.npz');
    await expect(opened(bytes, '.npz', null)).rejects.toMatchObject({ code: 'model-file/weights-only' });
  });
});

test('layers of other names, sorted by name, are found by their shapes', async () => {
  const shapes = {
    'out.bias': [2],
    'out.weight': [2, 4],
    'pre.bias': [4],
    'pre.weight': [4, 5],
    'x.bias': [4],
    'x.weight': [4, 4],
  };
  const { report } = await opened(safetensorsOf(shapes), '.safetensors', await layersOf('table'));
  const found = report.matches?.map(({ tensor, layer, weight, by }) => [tensor, layer, weight, by]);
  expect(found).toContainEqual(['pre.weight', 'first', 'kernel', 'shape']);
  expect(found).toContainEqual(['out.bias', 'last', 'bias', 'shape']);
});

test('tensors that no layer has are in the table, and stay in the file', async () => {
  const document = await layersOf('square');
  const layers = ['first', 'last', 'more'].flatMap((layer) => [
    [`model.${layer}.weight`, [4, 4]] as const,
    [`model.${layer}.bias`, [4]] as const,
  ]);
  const { report } = await opened(safetensorsOf(Object.fromEntries(layers)), '.safetensors', document);
  expect(report.matches?.filter(({ layer }) => layer === null).map(({ tensor }) => tensor)).toEqual([
    'model.more.weight',
    'model.more.bias',
  ]);
  expect(report.losses.map(({ code }) => code)).toContain('model-file/unused-weights');
});

test('weights that are matched only write nothing', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'w.npz'), await unpacked('table.names.npz'));
  const onto = await layersOf('table');
  const params = { path: join(folder, 'w.npz'), artifacts: join(folder, 'artifacts'), onto, matchOnly: true };
  const { document, report } = await importModel(params, {
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  expect(document).toEqual(onto);
  expect(report.matches).toHaveLength(6);
  expect(readdirSync(folder)).toEqual(['w.npz']);
});

test('an artifact of this program goes onto the model that it belongs to', async () => {
  const document = await layersOf('steps');
  const first = await opened(await unpacked('steps.names.npz'), '.npz', document);
  const folder = temporaryFolder();
  const path = join(folder, 'w.npz');
  writeFileSync(path, await unpacked('steps.names.npz'));
  const { document: with_ } = await imported(path, join(folder, 'artifacts'), document);
  const artifact = join(folder, 'artifacts', `${with_.weights!.artifact}.safetensors`);
  const again = await imported(artifact, join(folder, 'again'), document);
  expect(again.document.weights?.artifact).toBe(first.document.weights?.artifact);
});
