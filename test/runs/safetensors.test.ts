import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { readSafetensors, safetensorsChunks } from '../../src-main/runs/safetensors.ts';
import type { SafetensorsContent } from '../../src-main/runs/safetensors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const tensors = new Map<string, HostTensor>([
  ['dense/kernel', { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, NaN, Infinity) }],
  ['mask', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['optimizer/step', { dtype: 'int32', shape: [], data: Int32Array.of(-7) }],
  ['empty', { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) }],
]);

const bytesOf = (...values: Parameters<typeof safetensorsChunks>): Buffer =>
  Buffer.concat(safetensorsChunks(...values));

/** Reads bytes as a file. @param onBytes Called with what is read. */
async function read(bytes: Uint8Array, onBytes: (bytes: Uint8Array) => void = () => {}): Promise<SafetensorsContent> {
  const path = join(temporaryFolder(), 'file');
  await writeFile(path, bytes);
  const file = await open(path);
  try {
    return await readSafetensors(file, onBytes);
  } finally {
    await file.close();
  }
}

/** A file with this header and so many bytes of data. */
function fileOf(header: object, dataBytes: number): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.byteLength));
  return Buffer.concat([length, json, Buffer.from(Uint8Array.from({ length: dataBytes }, (_, i) => i))]);
}

describe('safetensors', () => {
  it('round-trips, and reads every byte once, in order', async () => {
    const bytes = bytesOf(tensors, { note: 'α' });
    const seen: Uint8Array[] = [];
    const content = await read(bytes, (part) => seen.push(part.slice()));
    expect(content.tensors).toEqual(tensors);
    expect(content.metadata).toEqual({ note: 'α' });
    expect(Buffer.concat(seen).equals(bytes)).toBe(true);
  });

  it('writes and reads tensors of several chunks', async () => {
    const data = Float32Array.from({ length: 5_000_001 }, (_, i) => i);
    const large = new Map<string, HostTensor>([
      ['large', { dtype: 'float32', shape: [data.length], data }],
      ['small', { dtype: 'float32', shape: [1], data: data.subarray(7, 8) }],
    ]);
    const chunks = safetensorsChunks(large);
    expect(Math.max(...chunks.map(({ byteLength }) => byteLength))).toBeLessThan(data.byteLength / 2);
    // The tensors are not copied.
    expect(chunks.filter(({ buffer }) => buffer === data.buffer)).toHaveLength(chunks.length - 1);
    const { tensors } = await read(Buffer.concat(chunks));
    expect(Buffer.from(tensors.get('large')!.data.buffer).equals(Buffer.from(data.buffer))).toBe(true);
    expect([...tensors.get('small')!.data]).toEqual([7]);
  });

  it('follows the file layout of the format', () => {
    const bytes = bytesOf(new Map([['a', { dtype: 'float32', shape: [1], data: Float32Array.of(1) }]]));
    const headerLength = Number(bytes.readBigUInt64LE());
    expect(headerLength % 8).toBe(0);
    const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString()) as unknown;
    expect(header).toEqual({ __metadata__: {}, a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } });
    expect([...bytes.subarray(8 + headerLength)]).toEqual([0, 0, 0x80, 0x3f]);
  });

  it('reads tensors in any order, with bytes between them', async () => {
    const header = {
      b: { dtype: 'BOOL', shape: [2], data_offsets: [6, 8] },
      a: { dtype: 'BOOL', shape: [3], data_offsets: [1, 4] },
    };
    const { tensors } = await read(fileOf(header, 9));
    expect([...tensors].map(([name, { data }]) => [name, [...data]])).toEqual([
      ['b', [6, 7]],
      ['a', [1, 2, 3]],
    ]);
  });

  it('is deterministic for equal tensors', () => {
    expect(bytesOf(tensors)).toEqual(bytesOf(new Map(tensors)));
  });

  it('rejects damaged bytes', async () => {
    const bytes = bytesOf(tensors);
    await expect(read(bytes.subarray(0, 4))).rejects.toThrow(/\b8\b.*\b4\b/);
    await expect(read(bytes.subarray(0, 40))).rejects.toThrow(/\b32\b/);
    await expect(read(bytes.subarray(0, -2))).rejects.toThrow(/'optimizer\/step'.*\b4\b.*\b2\b/);
    const entry = (start: number, end: number) => ({ dtype: 'BOOL', shape: [end - start], data_offsets: [start, end] });
    await expect(read(fileOf({ a: entry(0, 4), b: entry(3, 5) }, 5))).rejects.toThrow();
    await expect(read(fileOf({ a: entry(0, 1e15) }, 5))).rejects.toThrow();
    await expect(read(fileOf({ a: entry(-20, -10) }, 5))).rejects.toThrow();
  });
});
