import { expect, test } from 'vitest';
import { keepKernelsFor } from '../../../scripts/gpu-check/kernels.ts';

/**
 * A container with entries of these kinds (1: PTX, 2: machine code) and chips, each of eight bytes with its
 * number.
 */
function container(...entries: readonly (readonly [kind: number, chip: number])[]): Buffer {
  const payload = 8;
  const parts = entries.map(([kind, chip], index) => {
    const entry = Buffer.alloc(64 + payload, index + 1);
    entry.fill(0, 0, 64);
    entry.writeUInt16LE(kind, 0);
    entry.writeUInt32LE(64, 4);
    entry.writeBigUInt64LE(BigInt(payload), 8);
    entry.writeUInt32LE(chip, 28);
    return entry;
  });
  const header = Buffer.alloc(16);
  header.writeUInt32LE(0xba55ed50, 0);
  header.writeUInt16LE(1, 4);
  header.writeUInt16LE(16, 6);
  header.writeBigUInt64LE(BigInt(parts.reduce((sum, { length }) => sum + length, 0)), 8);
  return Buffer.concat([header, ...parts]);
}

const payloadsOf = (bytes: Buffer, start: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => bytes[start + 16 + 72 * index + 64 + 7]!);

test('keeps machine code for the chip, else its PTX', () => {
  const code = container([2, 80], [2, 90], [1, 90]);
  const ptx = container([2, 80], [1, 90]);
  const before = Buffer.from('text');
  const library = Buffer.concat([before, code, before, ptx]);
  const size = library.length;
  expect(keepKernelsFor(library, 90)).toEqual({ containers: 2, keptBytes: 16, droppedBytes: 24 });
  expect(library.length).toBe(size);
  expect(payloadsOf(library, before.length, 3)).toEqual([0, 2, 0]);
  expect(payloadsOf(library, 2 * before.length + code.length, 2)).toEqual([0, 2]);
});

test('ignores bytes that only resemble a container header', () => {
  const library = Buffer.concat([Buffer.from([0x50, 0xed, 0x55, 0xba]), Buffer.alloc(40, 7)]);
  const before = Buffer.from(library);
  expect(keepKernelsFor(library, 90).containers).toBe(0);
  expect(library).toEqual(before);
});

test('rejects a library without kernels for the chip', () => {
  expect(() => keepKernelsFor(container([2, 80]), 90)).toThrow('other chips');
});
