import { expect, test } from 'vitest';
import { permutation } from '../../src-shared/program/random/permutation.ts';
import { deriveKey, philoxBlock, philoxWords, uniform } from '../../src-shared/program/random/philox.ts';
import { decodeFloats, readFixture } from '../support/keras-fixtures.ts';
import type { EncodedArray } from '../support/keras-fixtures.ts';

type Words = readonly [number, number, number, number];

/** Known answers for philox4x32 with 10 rounds, from Random123's kat_vectors: counter, key, block. */
const known: readonly (readonly [Words, readonly [number, number], Words])[] = [
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

test.each(known)('Random123: counter %j, key %j', (counter, key, expected) => {
  const block = new Uint32Array(4);
  philoxBlock(key, ...counter, block);
  expect([...block]).toEqual(expected);
});

interface Case {
  readonly key: readonly [number, number];
  readonly step: number;
  readonly words: readonly number[];
  readonly uniform: EncodedArray;
}

test.each(readFixture<Case[]>('philox.json'))(
  'TensorFlow: key $key, step $step',
  ({ key, step, words, ...fixture }) => {
    expect([...philoxWords(key, step, words.length)]).toEqual(words);
    expect(uniform(key, step, words.length)).toEqual(decodeFloats(fixture.uniform));
  },
);

test('keys depend on the seed, each name, and the separation of names', () => {
  const keys = [
    deriveKey(1),
    deriveKey(2),
    deriveKey(1, ''),
    deriveKey(1, 'a'),
    deriveKey(1, 'a', ''),
    deriveKey(1, 'ab', 'c'),
    deriveKey(1, 'a', 'bc'),
    deriveKey(1, 'dropout_with_a_long_name_1'),
    deriveKey(1, 'dropout_with_a_long_name_2'),
    deriveKey(1, 'abcdef'),
    deriveKey(1, 'abcdef\0'),
  ];
  expect(new Set(keys.map((key) => key.join())).size).toBe(keys.length);
});

test('derived keys equal the recorded ones, on which repeated runs rely', () => {
  expect(deriveKey(1, 'weight', 'dense/kernel')).toMatchInlineSnapshot(`
    [
      3150874170,
      2058071526,
    ]
  `);
});

test('a permutation holds every row once and depends on seed, purpose and epoch', () => {
  const rows = 60_000;
  const order = permutation(1, 'shuffle', 1, rows);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, index) => index));
  expect(permutation(1, 'shuffle', 1, rows)).toEqual(order);
  for (const other of [
    permutation(2, 'shuffle', 1, rows),
    permutation(1, 'split', 1, rows),
    permutation(1, 'shuffle', 2, rows),
  ]) {
    const same = other.reduce((count, row, index) => count + (row === order[index] ? 1 : 0), 0);
    expect(same).toBeLessThan(10);
  }
  expect(permutation(1, 'shuffle', 1, 0)).toHaveLength(0);
  expect([...permutation(1, 'shuffle', 1, 1)]).toEqual([0]);
});

test('each row is equally often first', () => {
  const counts = new Array<number>(5).fill(0);
  for (let epoch = 0; epoch < 5000; epoch++) counts[permutation(3, 'even', epoch, 5)[0]!]!++;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
});
