import { describe, expect, test } from 'vitest';
import { gradients } from '../../src-shared/program/autodiff.ts';
import { ProgramBuilder } from '../../src-shared/program/builder.ts';
import { gradientRules } from '../../src-shared/program/ops/gradients.ts';
import { simplify } from '../../src-shared/program/simplify.ts';
import type { OpName, Program, Shape, ValueId } from '../../src-shared/program/types.ts';
import { validateProgram } from '../../src-shared/program/validate.ts';
import { opCases } from '../support/op-cases.ts';
import type { OpCase } from '../support/op-cases.ts';
import { runOperation, runReference } from '../support/reference/run.ts';
import { tensorOf } from '../support/reference/tensor.ts';
import type { Tensor } from '../support/reference/tensor.ts';
import { uniform } from '../../src-shared/program/philox.ts';

/** Step of the central difference; in float64 its error is near 1e-9. */
const H = 1e-5;

/** A program of one operation: a weighted sum of its first output, and that sum's gradients. */
function gradientProgram(op: OpName, { attributes, inputs }: OpCase, batch: boolean) {
  const builder = new ProgramBuilder();
  const typed = (shape: readonly number[]): Shape => (batch && shape.length > 0 ? [null, ...shape.slice(1)] : shape);
  const read = inputs.map(({ dtype, shape }, index) => builder.input(`input${index}`, dtype, typed(shape)));
  const output = builder.op(op, read, attributes)[0];
  const weights = builder.input('weights', 'float32', builder.shapeOf(output));
  const weighted = builder.multiply(builder.cast(output, 'float32'), weights);
  const loss = builder.reduceSum(
    weighted,
    builder.shapeOf(weighted).map((_, axis) => axis),
  );
  builder.output('loss', loss);
  const floats = read.flatMap((value, index) => (inputs[index]!.dtype === 'float32' ? [{ value, index }] : []));
  const found = gradients(
    builder,
    loss,
    floats.map(({ value }) => value),
  );
  const differentiated = floats.flatMap(({ value, index }, i) => {
    const gradient: ValueId | null = found[i] ?? null;
    if (gradient === null) return [];
    expect(builder.typeOf(gradient)).toEqual(builder.typeOf(value));
    builder.output(`gradient${index}`, gradient);
    return [index];
  });
  return { program: builder.build(), differentiated };
}

function feeds(inputs: readonly Tensor[], weights: Tensor): Map<string, Tensor> {
  return new Map([...inputs.map((input, index): [string, Tensor] => [`input${index}`, input]), ['weights', weights]]);
}

function lossAt(program: Program, inputs: readonly Tensor[], weights: Tensor): number {
  return runReference(program, feeds(inputs, weights)).outputs.get('loss')!.data[0]!;
}

function expectGradients(op: OpName, opCase: OpCase, batch: boolean): number[] {
  const { program, differentiated } = gradientProgram(op, opCase, batch);
  expect(validateProgram(program)).toEqual([]);
  expect(validateProgram(simplify(program))).toEqual([]);
  const shape = runOperation({ op, attributes: opCase.attributes } as never, opCase.inputs)[0]!.shape;
  const size = shape.reduce((product, extent) => product * extent, 1);
  const weights = tensorOf('float32', shape, uniform([1, 2], 0, size));
  const plain = runReference(program, feeds(opCase.inputs, weights)).outputs;
  const short = runReference(simplify(program), feeds(opCase.inputs, weights)).outputs;
  for (const [name, tensor] of plain) {
    expect([...short.get(name)!.data]).toEqual([...tensor.data]);
  }
  for (const index of differentiated) {
    const input = opCase.inputs[index]!;
    const gradient = plain.get(`gradient${index}`)!;
    input.data.forEach((value, element) => {
      const moved = (by: number): number => {
        const data = input.data.with(element, value + by);
        return lossAt(program, opCase.inputs.with(index, { ...input, data }), weights);
      };
      const difference = (moved(H) - moved(-H)) / (2 * H);
      expect(gradient.data[element], `input ${index}, element ${element}`).toBeCloseTo(difference, 7);
    });
  }
  return differentiated;
}

const differentiable = (Object.keys(opCases) as OpName[]).filter((op) => gradientRules[op] !== 'none');

describe.each(differentiable)('%s', (op) => {
  opCases[op].forEach((opCase: OpCase, number) => {
    test(`case ${number}: gradients equal central differences`, () => {
      const differentiated = expectGradients(op, opCase, false);
      const floats = opCase.inputs.some((input) => input.dtype === 'float32');
      expect(differentiated.length > 0).toBe(gradientRules[op] !== 'zero' && floats && op !== 'cast');
      if (opCase.batch === true) expectGradients(op, opCase, true);
    });
  });
});
