import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { artifactPath, readArtifact, writeArtifact } from '../../src-main/runs/artifacts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Files of tensors. */

const tensor = (...values: number[]): HostTensor => ({
  dtype: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});
const newFolder = (): string => join(temporaryFolder(), 'artifacts');

it('a file that refers to another is read with its tensors', async () => {
  const folder = newFolder();
  const rest = await writeArtifact(folder, new Map([['frozen', tensor(1, 2)]]), { position: 'not this' });
  const file = await writeArtifact(folder, new Map([['trained', tensor(3)]]), { position: 'here' }, rest.sha256);
  expect(file.frozen).toBe(rest.sha256);
  const { tensors, metadata } = await readArtifact(folder, file.sha256);
  expect(tensors).toEqual(new Map([...[['frozen', tensor(1, 2)]], ['trained', tensor(3)]] as [string, HostTensor][]));
  expect(metadata['position']).toBe('here');
  rmSync(artifactPath(folder, rest.sha256));
  await expect(readArtifact(folder, file.sha256)).rejects.toMatchObject({
    code: 'runs/checkpoint-missing',
    details: { path: artifactPath(folder, rest.sha256) },
  });
});

it('a file that was changed, cut or replaced is refused', async () => {
  const folder = newFolder();
  const { sha256, sizeBytes } = await writeArtifact(folder, new Map([['w', tensor(1, 2, 3)]]));
  const path = artifactPath(folder, sha256);
  const bytes = readFileSync(path);
  expect(bytes.byteLength).toBe(sizeBytes);
  const damage: (() => void)[] = [
    () =>
      writeFileSync(
        path,
        Uint8Array.from(bytes, (byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)),
      ),
    () =>
      writeFileSync(
        path,
        Uint8Array.from(bytes, (byte, i) => (i === 9 ? 0 : byte)),
      ),
    () => truncateSync(path, sizeBytes - 4),
    () => truncateSync(path, 3),
    () => writeFileSync(path, 'text'.repeat(20)),
  ];
  for (const change of damage) {
    change();
    await expect(readArtifact(folder, sha256)).rejects.toMatchObject({ code: 'runs/checkpoint-damaged' });
  }
});

it('writing leaves only the file, which other tensors do not replace', async () => {
  const folder = newFolder();
  const files = [await writeArtifact(folder, new Map([['w', tensor(1)]])), await writeArtifact(folder, new Map())];
  expect(readdirSync(folder).sort()).toEqual(files.map(({ sha256 }) => `${sha256}.safetensors`).sort());
  expect((await readArtifact(folder, files[1]!.sha256)).tensors).toEqual(new Map());
});
