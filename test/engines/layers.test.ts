import { beforeAll, describe, expect, test } from 'vitest';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { relativeDifference } from '../support/keras-fixtures.ts';
import { layerCases } from '../support/layer-fixtures.ts';
import type { LayerCase } from '../support/layer-fixtures.ts';
import { mergePrograms } from '../support/merge-programs.ts';
import { runProgram } from './onnx-harness.ts';
import { toHost } from './prepared-operations.ts';
import { engineFolder, runGraph } from './tensorflow-harness.ts';

/** All cases run in one graph, so every batch has the same size. */
const cases = layerCases();
const program = mergePrograms(cases.map((example) => example.program));
const read = new Set(program.inputs.map(({ name }) => name));
const inputs = Object.fromEntries(
  cases.flatMap(({ feeds }, number) =>
    [...feeds]
      .map(([name, tensor]) => [`${number}_${name}`, toHost(tensor)] as const)
      .filter(([name]) => read.has(name)),
  ),
);

function expectKeras({ expected }: LayerCase, number: number, results: Readonly<Record<string, HostTensor>>): void {
  for (const [name, tensor] of expected) {
    const received = results[`${number}_${name}`]!;
    expect(received.shape, name).toEqual(tensor.shape);
    expect(relativeDifference(received.data as Float32Array, tensor.data), name).toBeLessThan(1e-5);
  }
}

const titled = cases.map((example, number) => [example.title, example, number] as const);

describe('layers in ONNX Runtime equal Keras', () => {
  let results: Readonly<Record<string, HostTensor>>;
  beforeAll(async () => {
    results = await runProgram(program, inputs);
  });

  test.each(titled)('%s', (_, example, number) => {
    expectKeras(example, number, results);
  });
});

describe.skipIf(engineFolder === null)('layers in TensorFlow equal Keras', () => {
  let results: Readonly<Record<string, HostTensor>>;
  beforeAll(async () => {
    results = await runGraph(program, inputs);
  });

  test.each(titled)('%s', (_, example, number) => {
    expectKeras(example, number, results);
  });
});
