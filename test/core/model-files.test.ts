import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { File as Hdf5, ready } from 'h5wasm/node';
import { expect, test } from 'vitest';
import { importModelFile } from '../../src-main/core/projects/model-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SIZE = 3000;

/** A `.weights.h5` with a kernel of 36 MB, and the configuration beside it. */
async function writeModel(folder: string, kernelFrom?: string): Promise<string> {
  const layer = { class_name: 'Dense', config: { units: SIZE, name: 'd', use_bias: false } };
  const input = { class_name: 'InputLayer', config: { batch_shape: [null, SIZE], name: 'x' } };
  const config = { class_name: 'Sequential', config: { name: 'm', layers: [input, layer] } };
  writeFileSync(join(folder, 'm.json'), JSON.stringify(config));
  await ready;
  const path = join(folder, 'm.weights.h5');
  const file = new Hdf5(path, 'w');
  const vars = file.create_group('layers').create_group('dense').create_group('vars');
  if (kernelFrom === undefined) {
    vars.create_dataset({ name: '0', data: new Float32Array(SIZE * SIZE).fill(0.5), shape: [SIZE, SIZE] });
  } else vars.create_external_link(kernelFrom, '/layers/dense/vars/0', '0');
  file.close();
  return path;
}

test('progress is reported; a cancelled import ends at once and leaves no weights', async () => {
  const folder = temporaryFolder();
  const path = await writeModel(folder);
  const artifacts = join(folder, 'artifacts');
  const whole: (number | null)[] = [];
  const { document } = await importModelFile(path, artifacts, null, {
    onProgress: ({ fraction }) => whole.push(fraction),
  });
  expect(whole.at(-1)).toBe(1);
  expect(whole.filter((fraction) => fraction !== null && fraction < 1).length).toBeGreaterThan(2);
  expect(readdirSync(artifacts)).toEqual([`${document.weights!.artifact}.safetensors`]);

  const other = join(folder, 'other');
  const controller = new AbortController();
  const reason = new Error('cancelled');
  const importing = importModelFile(path, other, null, {
    signal: controller.signal,
    onProgress: ({ fraction }) => fraction !== null && controller.abort(reason),
  });
  await expect(importing).rejects.toBe(reason);
  expect(existsSync(other) ? readdirSync(other).filter((name) => name.endsWith('.safetensors')) : []).toEqual([]);
});

test('links of HDF5 to other files are not followed', async () => {
  const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
  const secret = await writeModel(elsewhere);
  const path = await writeModel(folder, secret);
  await expect(importModelFile(path, join(folder, 'artifacts'), null)).rejects.toMatchObject({
    code: 'keras/weights-mismatch',
  });
});

test('folders that killed imports left in the temporary folder are removed by a later one', async () => {
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
  // The name of a folder of a process that has ended: no process has this pid.
  const left = join(tmpdir(), `lamina-import-${digest(hostname())}-4194999-00000000-0123456789ab`);
  mkdirSync(left, { recursive: true });
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'm.keras'), Uint8Array.of(0x50, 0x4b, 0x05, 0x06, ...new Array<number>(18).fill(0)));
  await expect(importModelFile(join(folder, 'm.keras'), join(folder, 'artifacts'), null)).rejects.toMatchObject({
    code: 'model-file/damaged',
  });
  expect(existsSync(left)).toBe(false);
});
