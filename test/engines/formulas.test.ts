import { beforeAll, describe, expect, test } from 'vitest';
import type { HostTensor } from '../../src-main/engines/engine.ts';
import { formulaCases } from '../support/formula-cases.ts';
import type { FormulaCase } from '../support/formula-cases.ts';
import { mergePrograms } from '../support/merge-programs.ts';
import { runReference } from '../support/reference/run.ts';
import { runProgram } from './onnx-harness.ts';
import { toHost } from './prepared-operations.ts';
import { engineFolder, runPrograms } from './tensorflow-harness.ts';

/** Of what is cancelled out on the way, relative to 1 or the value. */
const TOLERANCE = 1e-4;

const cases = [1, 2, 3].flatMap((seed) => formulaCases(1000 + seed, 50));
const program = mergePrograms(cases.map((example) => example.program));
const inputs = Object.fromEntries(
  cases.flatMap(({ feeds }, number) =>
    [...feeds].map(([name, tensor]) => [`${number}_${name}`, toHost(tensor)] as const),
  ),
);

type Results = Readonly<Record<string, HostTensor>>;

function expectFormula({ program: single, feeds, values }: FormulaCase, number: number, results: Results): void {
  const received = results[`${number}_value`]!.data;
  values.forEach((value, i) => expectClose(received[i]!, value, `value at point ${i}`));
  for (const [name, { data }] of runReference(single, feeds).outputs) {
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
  }, 60_000);

  test.each(titled)('%s', (_, example, number) => {
    expectFormula(example, number, results);
  });
});

describe.skipIf(engineFolder === null)('formulas in TensorFlow equal plain numbers', () => {
  let results: Results;
  beforeAll(async () => {
    const [run] = await runPrograms([{ program, inputs }]);
    if (run!.graph instanceof Error) throw run!.graph;
    results = run!.graph;
  }, 60_000);

  test.each(titled)('%s', (_, example, number) => {
    expectFormula(example, number, results);
  });
});
