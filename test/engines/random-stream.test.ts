import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import type { PhiloxKey } from '../../src-shared/program/random/philox.ts';
import type { Program } from '../../src-shared/program/language/types.ts';
import { readFixture } from '../support/keras-fixtures.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { sizeOf, tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';
import { int, runProgram as runOnnx } from './onnx-harness.ts';
import { engineFolder, runProgram as runTensorFlow, runWithXla } from './tensorflow-harness.ts';

/** Random numbers have the same bits on every engine, equal to those of TensorFlow's uniform operation. */
interface Draw {
  readonly key: PhiloxKey;
  readonly shape: readonly number[];
  /** SHA-256 by step, of the little-endian float32 values. */
  readonly sha256: Readonly<Record<string, string>>;
}

const draws = readFixture<Draw[]>('uniform.json');
const steps = Object.keys(draws[0]!.sha256).map(Number);

/** Each draw twice: with a constant shape, and with the shape of an input with a batch axis. */
function program(): Program {
  const b = new ProgramBuilder();
  const step = b.input('step', 'int32', []);
  draws.forEach(({ key, shape }, i) => {
    b.output(`fixed${i}`, b.randomUniform(b.constant('float32', [...shape], [0]), step, key));
    b.output(`batch${i}`, b.randomUniform(b.input(`like${i}`, 'float32', [null, ...shape.slice(1)]), step, key));
  });
  return b.build();
}

function feeds(step: number): Record<string, HostTensor> {
  const like = draws.map(({ shape }, i): [string, HostTensor] => [
    `like${i}`,
    { dtype: 'float32', shape, data: new Float32Array(sizeOf(shape)) },
  ]);
  return { step: int([], [step]), ...Object.fromEntries(like) };
}

const sha256 = (values: Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');

function expectStream(step: number, results: Readonly<Record<string, HostTensor | Tensor>>): void {
  draws.forEach(({ shape, sha256: expected }, i) => {
    for (const name of [`fixed${i}`, `batch${i}`]) {
      const { shape: received, data } = results[name]!;
      expect(received, name).toEqual(shape);
      expect(sha256(Float32Array.from(data)), name).toBe(expected[step]);
    }
  });
}

describe.each(steps)('the random stream at step %d has the recorded bits', (step) => {
  test('on the host', () => {
    for (const { key, shape, sha256: expected } of draws) {
      expect(sha256(uniform(key, step, sizeOf(shape)))).toBe(expected[step]);
    }
  });

  test('in the reference interpreter', () => {
    const inputs = Object.entries(feeds(step)).map(
      ([name, { dtype, shape, data }]) => [name, tensorOf(dtype, shape, data)] as const,
    );
    expectStream(step, Object.fromEntries(interpret(program(), new Map(inputs)).outputs));
  });

  test('in ONNX Runtime', async () => {
    expectStream(step, await runOnnx(program(), feeds(step)));
  });

  test.skipIf(engineFolder === null)('in TensorFlow', async () => {
    const { graph, body } = await runTensorFlow(program(), feeds(step));
    for (const result of [graph, body]) {
      if (result instanceof Error) throw result;
      expectStream(step, result);
    }
  });
});

test.skipIf(engineFolder === null)('the random stream in TensorFlow with XLA has the recorded bits', async () => {
  expectStream(1, await runWithXla(program(), feeds(1)));
});
