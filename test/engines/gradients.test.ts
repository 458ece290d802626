import { beforeAll, describe, expect, test } from 'vitest';
import type { HostTensor } from '../../src-main/engines/engine.ts';
import { centralDifferences, gradientCases } from '../support/gradient-cases.ts';
import type { GradientCase } from '../support/gradient-cases.ts';
import type { Tensor } from '../support/reference/tensor.ts';
import { runProgram } from './onnx-harness.ts';
import { engineFolder, runPrograms } from './tensorflow-harness.ts';

/** Gradients that each engine computes, by output name. */
type Gradients = Record<string, { readonly data: ArrayLike<number> }>;

/** Relative to 1 or the value, whichever is larger; float32 sums of a few products. */
const TOLERANCE = 1e-5;

const cases = gradientCases().filter(({ differentiated }) => differentiated.length > 0);

function inputsOf({ feeds }: GradientCase): Record<string, HostTensor> {
  return Object.fromEntries([...feeds].map(([name, tensor]) => [name, hostTensor(tensor)]));
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

function expectDifferences(example: GradientCase, gradients: Gradients): void {
  for (const index of example.differentiated) {
    expectClose(gradients[`gradient${index}`]!.data, centralDifferences(example, index), `input ${index}`);
  }
}

const titled = cases.map((example, index) => [example.title, example, index] as const);
const onnx = new Map<number, Gradients>();
const tensorflow = new Map<number, Gradients>();

describe('gradients in ONNX Runtime equal central differences', () => {
  test.each(titled)('%s', async (_, example, index) => {
    const gradients = await runProgram(example.program, inputsOf(example));
    onnx.set(index, gradients);
    expectDifferences(example, gradients);
  });
});

describe.skipIf(engineFolder === null)('gradients in TensorFlow equal central differences and ONNX Runtime', () => {
  beforeAll(async () => {
    const runs = await runPrograms(cases.map((example) => ({ program: example.program, inputs: inputsOf(example) })));
    runs.forEach(({ graph }, index) => {
      if (graph instanceof Error) throw new Error(`${cases[index]!.title}: ${graph.message}`);
      tensorflow.set(index, graph);
    });
  });

  test.each(titled)('%s', async (_, example, index) => {
    const gradients = tensorflow.get(index)!;
    expectDifferences(example, gradients);
    for (const input of example.differentiated) {
      const name = `gradient${input}`;
      expectClose(gradients[name]!.data, onnx.get(index)![name]!.data, `input ${input} against ONNX Runtime`);
    }
  });
});
