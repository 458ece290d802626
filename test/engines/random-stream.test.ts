import { describe, expect, test } from 'vitest';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { deriveKey, uniform } from '../../src-shared/program/random/philox.ts';
import type { Program } from '../../src-shared/program/language/types.ts';
import { int, runProgram } from './onnx-harness.ts';
import { engineFolder, runGraph } from './tensorflow-harness.ts';

/** Random numbers are the same bits on every engine: for any key, step and number of values. */
const draws = [
  { key: [1, 2], shape: [7] },
  { key: [0, 0], shape: [1] },
  { key: [0xffffffff, 0xffffffff], shape: [3, 5, 2] },
  { key: deriveKey(7, 'layer', 'dropout', 'mask'), shape: [64, 33] },
  { key: deriveKey(0xffffffff, 'draw', 'noise', 'noise'), shape: [5, 4, 3, 2] },
] as const;
const STEPS = [0, 1, 123_456, 2 ** 31 - 1];

function program(): Program {
  const b = new ProgramBuilder();
  const step = b.input('step', 'int32', []);
  draws.forEach(({ key, shape }, i) => {
    const like = b.constant('float32', [...shape], [0]);
    b.output(`draw${i}`, b.randomUniform(like, step, [key[0], key[1]]));
  });
  return b.build();
}

function expectStream(step: number, results: Readonly<Record<string, HostTensor>>): void {
  draws.forEach(({ key, shape }, i) => {
    const count = shape.reduce<number>((product, size) => product * size, 1);
    const received = results[`draw${i}`]!;
    expect(received.shape).toEqual(shape);
    expect(received.data).toEqual(Float32Array.from(uniform([key[0], key[1]], step, count)));
  });
}

describe.each(STEPS)('the stream at step %d', (step) => {
  test('in ONNX Runtime', async () => {
    expectStream(step, await runProgram(program(), { step: int([], [step]) }));
  });

  test.skipIf(engineFolder === null)('in TensorFlow', async () => {
    expectStream(step, await runGraph(program(), { step: int([], [step]) }));
  });
});
