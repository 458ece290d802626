import { beforeAll, describe, expect, test } from 'vitest';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { centralDifferences, gradientCases } from '../support/gradient-cases.ts';
import type { GradientCase } from '../support/gradient-cases.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';
import { mergePrograms } from '../support/merge-programs.ts';
import { runProgram } from './onnx-harness.ts';
import { engineFolder, runPrograms } from './tensorflow-harness.ts';

/** Outputs of all cases on one engine, by name. */
type Results = Record<string, { readonly data: ArrayLike<number> }>;

/** Relative to 1 or the value, whichever is larger; float32 sums of a few products. */
const TOLERANCE = 1e-5;

const cases = gradientCases().filter(({ differentiated }) => differentiated.length > 0);

function inputsOf({ feeds }: GradientCase): Record<string, HostTensor> {
  return Object.fromEntries([...feeds].map(([name, tensor]) => [name, hostTensor(tensor)]));
}

/** Output names that `mergePrograms` assigns. */
function prefixed<Value>(records: readonly Record<string, Value>[]): Record<string, Value> {
  const entries = records.flatMap((record, index) =>
    Object.entries(record).map(([name, value]) => [`${index}_${name}`, value] as const),
  );
  return Object.fromEntries(entries);
}

function hostTensor({ dtype, shape, data }: Tensor): HostTensor {
  if (dtype === 'float32') return { dtype, shape, data: Float32Array.from(data) };
  if (dtype === 'int32') return { dtype, shape, data: Int32Array.from(data) };
  return { dtype, shape, data: Uint8Array.from(data) };
}

function expectClose(received: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  expect(received.length, what).toBe(expected.length);
  Array.from(expected).forEach((value, element) => {
    const difference = Math.abs(received[element]! - value) / Math.max(1, Math.abs(value));
    expect(difference, `${what}, element ${element}`).toBeLessThan(TOLERANCE);
  });
}

function expectDifferences(example: GradientCase, number: number, results: Results): void {
  for (const index of example.differentiated) {
    const received = results[`${number}_gradient${index}`]!.data;
    expectClose(received, centralDifferences(example, index), `input ${index}`);
  }
}

const titled = cases.map((example, number) => [example.title, example, number] as const);
let onnx: Results;
beforeAll(async () => {
  // Separately, because all batches of one ONNX graph have the same size.
  const runs = await Promise.all(cases.map((example) => runProgram(example.program, inputsOf(example))));
  onnx = prefixed(runs);
});

describe('gradients in ONNX Runtime equal central differences', () => {
  test.each(titled)('%s', (_, example, number) => {
    expectDifferences(example, number, onnx);
  });
});

describe.skipIf(engineFolder === null)('gradients in TensorFlow equal central differences and ONNX Runtime', () => {
  let tensorflow: Results;
  beforeAll(async () => {
    const program = mergePrograms(cases.map((example) => example.program));
    const inputs = prefixed(cases.map(inputsOf));
    const [run] = await runPrograms([{ program, inputs }]);
    if (run!.graph instanceof Error) throw run!.graph;
    tensorflow = run!.graph;
  });

  test.each(titled)('%s', (_, example, number) => {
    expectDifferences(example, number, tensorflow);
    for (const index of example.differentiated) {
      const name = `${number}_gradient${index}`;
      expectClose(tensorflow[name]!.data, onnx[name]!.data, `input ${index} against ONNX Runtime`);
    }
  });
});
