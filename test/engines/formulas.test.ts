import { beforeAll, describe, expect, test } from 'vitest';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { emitExpression } from '../../src-shared/expression/emit.ts';
import { parseFormula } from '../../src-shared/expression/parse.ts';
import { gradients } from '../../src-shared/program/gradients/autodiff.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { deriveKey, uniform } from '../../src-shared/program/random/philox.ts';
import type { Program, ValueId } from '../../src-shared/program/language/types.ts';
import { formulaCases } from '../support/formula-cases.ts';
import type { FormulaCase } from '../support/formula-cases.ts';
import { relativeDifference } from '../support/keras-fixtures.ts';
import { mergePrograms } from '../support/merge-programs.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { sizeOf, tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';
import { runProgram } from './onnx-harness.ts';
import { toHost } from './prepared-operations.ts';
import { engineFolder, runPrograms } from './tensorflow-harness.ts';

/** Tolerance for canceled terms, relative to 1 or the value. */
const TOLERANCE = 1e-4;

const cases = [1, 2, 3].flatMap((seed) => formulaCases(1000 + seed, 50));
const program = mergePrograms(cases.map((example) => example.program));
const inputs = Object.fromEntries(
  cases.flatMap(({ feeds }, number) =>
    [...feeds].map(([name, tensor]) => [`${number}_${name}`, toHost(tensor)] as const),
  ),
);

/** Between convolutions, where an engine may store channels first. */
const image = imageCase(
  'relu(a) - alpha * relu(-a) + a * softmax(a) + (a - mean(a)) / sqrt(mean((a - mean(a))^2) + 0.1) + max(a) * min(a)',
);

function imageCase(formula: string): { program: Program; feeds: ReadonlyMap<string, Tensor> } {
  const b = new ProgramBuilder();
  const feeds = new Map<string, Tensor>();
  const input = (name: string, shape: readonly number[], batch: boolean): ValueId => {
    const values = uniform(deriveKey(3, name), 0, sizeOf(shape)).map((value) => value - 0.5);
    feeds.set(name, tensorOf('float32', shape, values));
    return b.input(name, 'float32', batch ? [null, ...shape.slice(1)] : shape);
  };
  const attributes = { strides: [1, 1], padding: 'same', dilations: [1, 1], groups: 1 } as const;
  const x = input('x', [2, 4, 4, 3], true);
  const kernels = [input('first', [3, 3, 3, 5], false), input('second', [3, 3, 5, 2], false)] as const;
  const alpha = input('alpha', [5], false);
  const a = b.conv2d(x, kernels[0], attributes);
  const values = emitExpression(b, parseFormula(formula, ['a', 'alpha']), new Map(Object.entries({ a, alpha })));
  const y = b.conv2d(values, kernels[1], attributes);
  b.output('y', y);
  const inputs = [x, ...kernels, alpha];
  const found = gradients(b, b.reduceSum(b.plain('square', y), [0, 1, 2, 3]), inputs);
  found.forEach((gradient, i) => b.output(`gradient${i}`, gradient!));
  return { program: b.build(), feeds };
}

function expectImage(results: Results): void {
  for (const [name, expected] of interpret(image.program, image.feeds).outputs) {
    const received = results[name]!;
    expect(received.shape, name).toEqual(expected.shape);
    expect(relativeDifference(received.data as Float32Array, expected.data), name).toBeLessThan(1e-5);
  }
}

/** sin and the gradient of cos near 0, where they are of the size of x. */
const nearZero = nearZeroCase([-1e-6, 1e-6, 3e-4]);

function nearZeroCase(points: readonly number[]): { program: Program; inputs: Record<string, HostTensor> } {
  const b = new ProgramBuilder();
  const x = b.input('x', 'float32', [null]);
  const of = (text: string): ValueId => emitExpression(b, parseFormula(text, ['x']), new Map([['x', x]]));
  b.output('sin', of('sin(x)'));
  const [slope] = gradients(b, b.reduceSum(of('-cos(x)'), [0]), [x]);
  b.output('slope', slope!);
  return { program: b.build(), inputs: { x: toHost(tensorOf('float32', [points.length], points)) } };
}

function expectNearZero(results: Results): void {
  for (const name of ['sin', 'slope']) {
    nearZero.inputs['x']!.data.forEach((x, i) => {
      expect(results[name]!.data[i]! / Math.sin(x), `${name} of ${x}`).toBeCloseTo(1, 6);
    });
  }
}

const imageInputs = Object.fromEntries([...image.feeds].map(([name, tensor]) => [name, toHost(tensor)]));

type Results = Readonly<Record<string, HostTensor>>;

function expectFormula({ program: single, feeds, values }: FormulaCase, number: number, results: Results): void {
  const received = results[`${number}_value`]!.data;
  values.forEach((value, i) => expectClose(received[i]!, value, `value at point ${i}`));
  for (const [name, { data }] of interpret(single, feeds).outputs) {
    data.forEach((value, i) => expectClose(results[`${number}_${name}`]!.data[i]!, value, `${name} at point ${i}`));
  }
}

function expectClose(received: number, expected: number, what: string): void {
  // In float32 as in float64 an undefined slope is NaN.
  if (Number.isNaN(expected)) return;
  expect(Math.abs(received - expected) / Math.max(1, Math.abs(expected)), what).toBeLessThan(TOLERANCE);
}

const titled = cases.map((example, number) => [example.text, example, number] as const);

describe('formulas in ONNX Runtime equal plain numbers', () => {
  let results: Results;
  beforeAll(async () => {
    results = await runProgram(program, inputs);
  });

  test.each(titled)('%s', (_, example, number) => {
    expectFormula(example, number, results);
  });

  test('between convolutions', async () => {
    expectImage(await runProgram(image.program, imageInputs));
  });

  test('sines near 0', async () => {
    expectNearZero(await runProgram(nearZero.program, nearZero.inputs));
  });
});

describe.skipIf(engineFolder === null)('formulas in TensorFlow equal plain numbers', () => {
  let results: Results;
  beforeAll(async () => {
    const [run] = await runPrograms([{ program, inputs }]);
    if (run!.graph instanceof Error) throw run!.graph;
    results = run!.graph;
  });

  test.each(titled)('%s', (_, example, number) => {
    expectFormula(example, number, results);
  });

  test('between convolutions', async () => {
    const [run] = await runPrograms([{ program: image.program, inputs: imageInputs }]);
    if (run!.graph instanceof Error) throw run!.graph;
    expectImage(run!.graph);
  });

  test('sines near 0', async () => {
    const [run] = await runPrograms([nearZero]);
    if (run!.graph instanceof Error) throw run!.graph;
    expectNearZero(run!.graph);
  });
});
