import { describe, expect, test } from 'vitest';
import { gradientRules } from '../../src-shared/program/gradients/gradients.ts';
import { simplify } from '../../src-shared/program/builder/simplify.ts';
import { validateProgram } from '../../src-shared/program/builder/validate.ts';
import { centralDifferences, gradientCases } from '../support/gradient-cases.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';

const cases = gradientCases();

describe('gradients equal central differences', () => {
  test.each(cases.map((example) => [example.title, example] as const))('%s', (_, example) => {
    const { outputs } = interpret(example.program, example.feeds);
    for (const index of example.differentiated) {
      const gradient = outputs.get(`gradient${index}`)!;
      centralDifferences(example, index).forEach((difference, element) => {
        expect(gradient.data[element], `input ${index}, element ${element}`).toBeCloseTo(difference, 7);
      });
    }
  });

  test('every operation has gradients except those declared without', () => {
    for (const { op, feeds, differentiated } of cases) {
      const floats = [...feeds].filter(([name, { dtype }]) => name !== 'weights' && dtype === 'float32').length;
      // cast is tested from and to integers, which have no gradient.
      const expected = gradientRules[op] !== 'zero' && floats > 0 && op !== 'cast';
      expect(differentiated.length > 0, op).toBe(expected);
    }
  });
});

describe('simplify preserves results', () => {
  test.each(cases.map((example) => [example.title, example] as const))('%s', (_, { program, feeds }) => {
    const simple = simplify(program);
    expect(validateProgram(program)).toEqual([]);
    expect(validateProgram(simple)).toEqual([]);
    const expected = interpret(program, feeds).outputs;
    const received = interpret(simple, feeds).outputs;
    for (const [name, tensor] of expected) expect([...received.get(name)!.data]).toEqual([...tensor.data]);
  });
});
