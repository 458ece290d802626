import type { GraphWriter } from '../model/graph-writer.ts';
import type { Lowerings } from './context.ts';
import { castTo } from './elementwise.ts';

/**
 * Philox 4x32-10 inside the graph.
 * Source: J. K. Salmon and others, "Parallel Random Numbers: As Easy as 1, 2, 3", SC11 (2011).
 *
 * The four 32-bit words of all counters are two uint64 tensors of shape [2, blocks]: `multiplied`
 * has words 0 and 2, `added` has words 1 and 3. A round multiplies the first pair, swaps the two
 * products, and combines their halves with the second pair and the key by XOR.
 */
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
const KEY_INCREMENTS = [0x9e3779b9, 0xbb67ae85] as const;
const ROUNDS = 10;

interface Words {
  readonly multiplied: string;
  readonly added: string;
}

function writePhilox(writer: GraphWriter, counters: Words, key: readonly [number, number]): Words {
  const mask = writer.constant('uint64', [], [0xffffffff]);
  const wordBits = writer.constant('uint64', [], [32]);
  const multipliers = writer.constant('uint64', [2, 1], MULTIPLIERS);
  const swap = writer.integers([1, 0]);
  let words = counters;
  for (let round = 0; round < ROUNDS; round++) {
    const roundKey = key.map((word, lane) => (word + round * KEY_INCREMENTS[lane]!) % 2 ** 32);
    const products = writer.node('Mul', [words.multiplied, multipliers]);
    const swapped = writer.node('Gather', [products, swap], { axis: 0 });
    const high = writer.node('BitShift', [swapped, wordBits], { direction: 'RIGHT' });
    const keyed = writer.node('BitwiseXor', [words.added, writer.constant('uint64', [2, 1], roundKey)]);
    words = {
      multiplied: writer.node('BitwiseXor', [high, keyed]),
      added: writer.node('BitwiseAnd', [swapped, mask]),
    };
  }
  return words;
}

export const randomLowerings: Lowerings<'randomUniform'> = {
  randomUniform(context, { attributes: { key }, inputs: [like, step], outputs: [output] }) {
    const { writer } = context;
    const shape = context.shapeOf(like!);
    const count = writer.node('ReduceProd', [shape], { keepdims: 0 });
    const scalar = (value: number): string => writer.constant('int64', [], [value]);
    const blocks = writer.node('Div', [writer.node('Add', [count, scalar(3)]), scalar(4)]);
    const block = castTo(writer, writer.node('Range', [scalar(0), blocks, scalar(1)]), 'uint64');
    const stepNumber = castTo(writer, castTo(writer, context.get(step!), 'int64'), 'uint64');

    // Rows: index of the block, and the step; each split into a low and a high word.
    const row = (value: string, axes: readonly number[]): string =>
      writer.node('Unsqueeze', [value, writer.integers(axes)]);
    const vector = writer.node('Reshape', [blocks, writer.integers([1])]);
    const steps = writer.node('Expand', [stepNumber, vector]);
    const counters = writer.node('Concat', [row(block, [0]), row(steps, [0])], { axis: 0 });
    const words = writePhilox(
      writer,
      {
        multiplied: writer.node('BitwiseAnd', [counters, writer.constant('uint64', [], [0xffffffff])]),
        added: writer.node('BitShift', [counters, writer.constant('uint64', [], [32])], { direction: 'RIGHT' }),
      },
      [key[0] >>> 0, key[1] >>> 0],
    );

    // [2 pairs, 2 words of a pair, blocks] to [blocks, 4 words], then floats from the low 23 bits.
    const pairs = writer.node('Concat', [row(words.multiplied, [1]), row(words.added, [1])], { axis: 1 });
    const mantissas = writer.node('BitwiseAnd', [pairs, writer.constant('uint64', [], [0x7fffff])]);
    const ordered = writer.node('Transpose', [castTo(writer, mantissas, 'float32')], { perm: [2, 0, 1] });
    const uniform = writer.node('Mul', [ordered, writer.float(2 ** -23)]);
    const flat = writer.node('Reshape', [uniform, writer.integers([-1])]);
    const end = writer.node('Reshape', [count, writer.integers([1])]);
    const kept = writer.node('Slice', [flat, writer.integers([0]), end]);
    context.bind(output!, writer.node('Reshape', [kept, shape]));
  },
};
