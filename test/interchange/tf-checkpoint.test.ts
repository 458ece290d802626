import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { fieldsOf } from '../../src-main/interchange/protobuf/message.ts';
import { crc32c, maskedCrc32c } from '../../src-main/interchange/tf-checkpoint/crc32c.ts';
import { readObjectGraph } from '../../src-main/interchange/tf-checkpoint/object-graph.ts';
import { unpackSnappy } from '../../src-main/interchange/tf-checkpoint/snappy.ts';
import { tableEntries } from '../../src-main/interchange/tf-checkpoint/table.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { imported, unpackedFixture } from '../support/imported-models.ts';
import { Dice } from '../support/dice.ts';
import { seedsOf } from '../support/portion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/weight-files');

test('CRC-32C of the test vectors of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);
  expect(crc32c(ascending.subarray(10), crc32c(ascending.subarray(0, 10)))).toBe(0x46dd794e);
});

test('Snappy: literals, and copies that overlap what they write', () => {
  const packed = Uint8Array.of(14, 3 << 2, 97, 98, 99, 100, 1 | (6 << 2), 4);
  expect(new TextDecoder().decode(unpackSnappy(packed, 100))).toBe('abcdabcdabcdab');
  for (const damaged of [packed.subarray(0, 5), packed.with(7, 5), packed.with(0, 15), Uint8Array.of(200, 1)]) {
    expect(() => unpackSnappy(damaged, 100)).toThrow(RangeError);
  }
});

test('a table with a block that Snappy packed', () => {
  // The entry 'k' → 'v', and one restart.
  const block = Buffer.from([0, 1, 1, 0x6b, 0x76, 0, 0, 0, 0, 1, 0, 0, 0]);
  const literal = Buffer.concat([Buffer.from([block.length, (block.length - 1) << 2]), block]);
  const stored = (bytes: Buffer, type: number): Buffer => {
    const typed = Buffer.concat([bytes, Buffer.from([type])]);
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(maskedCrc32c(crc32c(typed)));
    return Buffer.concat([typed, sum]);
  };
  const data = stored(literal, 1);
  const index = Buffer.from([0, 1, 2, 0x6b, 0, literal.length, 0, 0, 0, 0, 1, 0, 0, 0]);
  const footer = Buffer.alloc(48);
  footer.set([0, 0, data.length, index.length]);
  footer.writeBigUInt64LE(0xdb4775248b80fb57n, 40);
  const file = Buffer.concat([data, stored(index, 0), footer]);
  expect([...tableEntries(file)].map(([key, value]) => [key, Buffer.from(value).toString()])).toEqual([['k', 'v']]);
});

test('mutants of the objects of a checkpoint are read, or are a RangeError', async () => {
  const index = await unpackedFixture(join(FIXTURES, 'steps.keras2.index'));
  const data = await unpackedFixture(join(FIXTURES, 'steps.keras2.data-00000-of-00001'));
  const [, entry] = [...tableEntries(index)].find(([key]) => key === '_CHECKPOINTABLE_OBJECT_GRAPH')!;
  const fields = new Map(fieldsOf(entry));
  const start = Number(fields.get(4) ?? 0n);
  // The text begins after its length, which is above 127, and a checksum.
  const graph = data.subarray(start + 6, start + Number(fields.get(5)));
  expect(readObjectGraph(graph).length).toBeGreaterThan(20);
  for (const seed of seedsOf('mutants of TrackableObjectGraph', { quick: 34, ci: 100, soak: 700 })) {
    const dice = new Dice(seed, 'graph');
    const bytes = Buffer.from(dice.chance(20) ? graph.subarray(0, dice.below(graph.length)) : graph);
    for (let count = dice.from(1, 8); count > 0 && bytes.length > 0; count--)
      bytes[dice.below(bytes.length)] = dice.below(256);
    try {
      readObjectGraph(bytes);
    } catch (error) {
      expect(error, `seed ${seed}`).toBeInstanceOf(RangeError);
    }
  }
});

describe('a damaged checkpoint', () => {
  const shard = (path: string, number: number): string => path.replace(/index$/, `data-0000${number}-of-00003`);
  let path = '';
  let onto: ModelDocument | null = null;

  beforeEach(async () => {
    const folder = temporaryFolder();
    path = join(folder, 'ckpt.index');
    writeFileSync(path, await unpackedFixture(join(FIXTURES, 'table.names.index')));
    for (const number of [0, 1, 2]) {
      const name = `table.names.data-0000${number}-of-00003`;
      writeFileSync(shard(path, number), await unpackedFixture(join(FIXTURES, name)));
    }
    writeFileSync(join(folder, 'config.json'), await unpackedFixture(join(FIXTURES, 'table.config.json')));
    onto = (await imported(join(folder, 'config.json'), join(folder, 'artifacts'))).document;
  });

  const opening = (file = path) => imported(file, join(dirname(path), 'artifacts'), onto);

  test('whole, it opens by its index and by a shard, and its optimizer is reported', async () => {
    expect((await opening()).report).toMatchObject({ fileParameters: 54, optimizerState: true, losses: [{}] });
    expect((await opening(shard(path, 1))).report.parameters).toBe(54);
  });

  test('without a shard', async () => {
    rmSync(shard(path, 1));
    await expect(opening()).rejects.toMatchObject({ code: 'model-file/missing-part' });
  });

  test('with a shorter shard', async () => {
    writeFileSync(shard(path, 1), readFileSync(shard(path, 1)).subarray(0, -1));
    await expect(opening()).rejects.toMatchObject({ code: 'model-file/damaged' });
  });

  test('with one changed bit of a weight: the checksum tells', async () => {
    for (const number of [0, 1]) {
      const bytes = readFileSync(shard(path, number));
      for (let at = 2; at < bytes.length; at += 16) bytes[at]! ^= 1;
      writeFileSync(shard(path, number), bytes);
    }
    await expect(opening()).rejects.toMatchObject({ code: 'model-file/damaged' });
  });

  test('with an index that is cut anywhere, or has one changed byte', async () => {
    const whole = readFileSync(path);
    for (const part of [0, 1, 47, 48, whole.length / 2, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, Math.floor(part)));
      await expect(opening()).rejects.toMatchObject({ code: 'model-file/damaged' });
    }
    for (let at = 0; at < 200; at += 7) {
      writeFileSync(path, whole.with(at, whole[at]! ^ 4));
      await expect(opening()).rejects.toMatchObject({ code: 'model-file/damaged' });
    }
  });
});
