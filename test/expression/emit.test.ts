import { describe, expect, test } from 'vitest';
import { emitExpression } from '../../src-shared/expression/emit.ts';
import { evaluate } from '../../src-shared/expression/evaluate.ts';
import { parseFormula } from '../../src-shared/expression/parse.ts';
import { gradients } from '../../src-shared/program/gradients/autodiff.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { ShapeError } from '../../src-shared/program/language/shape.ts';
import type { Shape } from '../../src-shared/program/language/types.ts';
import { validateProgram } from '../../src-shared/program/builder/validate.ts';
import { formulaCases } from '../support/formula-cases.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

describe.each(seeds)('random formulas, seed %i', (seed) => {
  test.each(formulaCases(seed, 20))('$text', ({ program, feeds, values, slopes }) => {
    expect(validateProgram(program)).toEqual([]);
    const { outputs } = interpret(program, feeds);
    values.forEach((value, i) => expect(outputs.get('value')!.data[i]).toBeCloseTo(value, 8));
    for (const [name, expected] of slopes) {
      const received = outputs.get(`slope_${name}`)?.data;
      expected.forEach((slope, i) => {
        if (slope === null) return;
        const difference = Math.abs((received?.[i] ?? 0) - slope) / Math.max(1, Math.abs(slope));
        expect(difference, `slope of ${name} at point ${i}`).toBeLessThan(1e-4);
      });
    }
  });
});

/** Value and gradient of a formula of x at some points. */
function run(text: string, points: readonly number[]): { values: number[]; slopes: number[] } {
  const b = new ProgramBuilder();
  const x = b.input('x', 'float32', [null, 1]);
  const value = emitExpression(b, parseFormula(text, ['x']), new Map([['x', x]]));
  b.output('value', value);
  const [slope] = gradients(b, b.reduceSum(value, [0, 1]), [x]);
  if (slope != null) b.output('slope', slope);
  const { outputs } = interpret(b.build(), new Map([['x', tensorOf('float32', [points.length, 1], points)]]));
  return { values: [...outputs.get('value')!.data], slopes: [...(outputs.get('slope')?.data ?? [])] };
}

test('integer powers and roots have gradients at 0 and below', () => {
  expect(run('x^2', [0, -3]).slopes).toEqual([0, -6]);
  expect(run('x^3', [0, -2]).slopes).toEqual([0, 12]);
  expect(run('x^7', [-1]).values).toEqual([-1]);
  expect(run('x^-2', [-2]).values).toEqual([0.25]);
  expect(run('x^0.5', [4])).toEqual({ values: [2], slopes: [0.25] });
});

test.each(['where(x > 0, x, exp(x) - 1)', 'where(0 >= x, exp(x) - 1, x)', 'where(x < 0, exp(x) - 1, x)'])(
  'the unused branch of %s does not affect the gradient',
  (text) => {
    const { values, slopes } = run(text, [1000, 1, 0, -1]);
    expect(values).toEqual([1000, 1, 0, Math.exp(-1) - 1]);
    expect(slopes).toEqual([1, 1, 1, Math.exp(-1)]);
  },
);

test('sin and its gradients are exact near 0', () => {
  const small = Math.sin(1e-6);
  expect(run('sin(x)', [0, 1e-6, -1e-6]).values).toEqual([0, small, -small]);
  expect(run('sin(x)', [0, 2]).slopes).toEqual([1, Math.cos(2)]);
  expect(run('cos(x)', [1e-6, 2]).slopes).toEqual([-small, -Math.sin(2)]);
});

test('stopGradient passes values but no gradient', () => {
  expect(run('x + stopGradient(sign(x) - x)', [0.25, -3])).toEqual({ values: [1, -1], slopes: [1, 1] });
});

describe('shapes', () => {
  const shapeOf = (text: string, shapes: Readonly<Record<string, Shape>>): Shape => {
    const b = new ProgramBuilder();
    const scope = new Map(Object.entries(shapes).map(([name, shape]) => [name, b.input(name, 'float32', shape)]));
    return b.shapeOf(emitExpression(b, parseFormula(text, Object.keys(shapes)), scope));
  };

  test('broadcast', () => {
    expect(shapeOf('x + alpha * y', { x: [null, 5, 3], y: [null, 1, 3], alpha: [3] })).toEqual([null, 5, 3]);
  });

  test('are kept by functions along the last axis', () => {
    expect(shapeOf('x - mean(x)', { x: [null, 5, 3] })).toEqual([null, 5, 3]);
    expect(shapeOf('sum(x)', { x: [null, 5, 3] })).toEqual([null, 5, 1]);
    expect(shapeOf('max(x) - min(x, 0)', { x: [null, 3] })).toEqual([null, 3]);
    expect(shapeOf('softmax(x) + logSoftmax(x)', { x: [null, 3] })).toEqual([null, 3]);
  });

  test('that do not fit are rejected', () => {
    expect(() => shapeOf('x + y', { x: [null, 5], y: [null, 3] })).toThrow(ShapeError);
    expect(() => shapeOf('sum(x)', { x: [null] })).toThrow(ShapeError);
  });

  test('functions along the last axis compute each row separately', () => {
    const b = new ProgramBuilder();
    const x = b.input('x', 'float32', [null, 3]);
    const text = 'sum(x) + 10 * mean(x) + 100 * max(x) + 1000 * min(x)';
    b.output('value', emitExpression(b, parseFormula(text, ['x']), new Map([['x', x]])));
    const { outputs } = interpret(b.build(), new Map([['x', tensorOf('float32', [2, 3], [1, 2, 3, -1, 0, 4])]]));
    expect([...outputs.get('value')!.data]).toEqual([6 + 20 + 300 + 1000, 3 + 10 + 400 - 1000]);
  });
});

test('subexpressions without variables become one constant', () => {
  const b = new ProgramBuilder();
  const x = b.input('x', 'float32', [null, 1]);
  emitExpression(b, parseFormula('x * sqrt(2 / pi)', ['x']), new Map([['x', x]]));
  expect(b.operations.map(({ op }) => op)).toEqual(['constant', 'multiply']);
});

test('throws for a variable without a value', () => {
  expect(() => evaluate(parseFormula('x', ['x']), new Map())).toThrow(/\bx\b/);
});
