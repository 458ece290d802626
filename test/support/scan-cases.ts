import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { emitScan } from '../../src-shared/program/gradients/scan.ts';
import type { ScanRequest } from '../../src-shared/program/gradients/scan.ts';
import type { ScanAttributes } from '../../src-shared/program/language/types.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';

/** A small recurrence with every kind of input: h' = select(mask, tanh(x + h·R + h·S·c + b), h), y = h'·x. */
const step: ScanRequest['step'] = (b, { carried, sequences, matrices, constants }) => {
  const [h] = carried;
  const [x, mask] = sequences;
  const first = b.matMul(h!, matrices[0]!);
  const second = b.multiply(b.matMul(b.multiply(h!, b.scalar(0.5)), matrices[1]!), constants[1]!);
  const z = b.add(b.add(b.add(x!, first), second), constants[0]!);
  const next = b.select(mask!, b.plain('tanh', z), h!);
  const [left, right] = b.split(b.multiply(next, x!), [1, 2], 1);
  return { carried: [next], outputs: [b.add(right!, left!), b.multiply(h!, x!)] };
};

/** @param batch Declares axis 0 as the batch axis. */
function attributesOf(reverse: boolean, batch: boolean, steps: number): ScanAttributes {
  const b = new ProgramBuilder();
  const rows = batch ? null : 2;
  emitScan(b, {
    carried: [b.input('h', 'float32', [rows, 3])],
    sequences: [b.input('x', 'float32', [rows, steps, 3]), b.input('mask', 'bool', [rows, steps, 1])],
    matrices: [b.input('r', 'float32', [3, 3]), b.input('s', 'float32', [3, 3])],
    constants: [b.input('bias', 'float32', [3]), b.input('scale', 'float32', [3])],
    reverse,
    step,
  });
  const operation = b.operations.at(-1)!;
  if (operation.op !== 'scan') throw new Error('A scan comes last.');
  return operation.attributes;
}

/** Scans in both directions, and with many steps. @param random Creates numbers of a shape. */
export function scanCases(
  random: (shape: readonly number[], seed: number) => Tensor,
  batch: boolean,
  lengths: readonly number[] = [4],
): { readonly title: string; readonly attributes: ScanAttributes; readonly inputs: readonly Tensor[] }[] {
  return lengths.flatMap((steps) =>
    [false, true].map((reverse) => ({
      title: `${steps} steps ${reverse ? 'backwards' : 'forwards'}`,
      attributes: attributesOf(reverse, batch, steps),
      inputs: [
        random([2, 3], 1),
        random([2, steps, 3], 2),
        tensorOf(
          'bool',
          [2, steps, 1],
          Array.from({ length: 2 * steps }, (_, i) => (i % 3 === 2 || i % 7 === 4 ? 0 : 1)),
        ),
        random([3, 3], 3),
        random([3, 3], 4),
        random([3], 5),
        random([3], 6),
      ],
    })),
  );
}
