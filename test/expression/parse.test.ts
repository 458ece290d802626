import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src-shared/expression/evaluate.ts';
import { FormulaError } from '../../src-shared/expression/formula-error.ts';
import { formulaFault, MAX_FORMULA_LENGTH, parseFormula } from '../../src-shared/expression/parse.ts';
import { printExpression } from '../../src-shared/expression/print.ts';
import { leastCpuTimes } from '../support/cpu-time.ts';
import { Dice, everything, randomExpression } from '../support/expressions.ts';

const value = (text: string, x = 0.5): number => evaluate(parseFormula(text, ['x']), new Map([['x', x]]));

describe('parseFormula', () => {
  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['7 - 2 - 1', 4],
    ['2^3^2', 512],
    ['2 ** 3', 8],
    ['-2^2', -4],
    ['(-2)^2', 4],
    ['2^-1', 0.5],
    ['2 * -3', -6],
    ['- - 2', 2],
    ['+x', 0.5],
    ['-x^2', -0.25],
    ['7 % 3', 1],
    ['-1 % 3', 2],
    ['6 / 4 * 2', 3],
    ['.5 + 1. + 1e-1 + 2E+1', 21.6],
    ['2 · 3 × 2 − 1', 11],
    ['pi', Math.PI],
    ['log(e)', 1],
    ['x > 0', 1],
    ['x ≥ 1', 0],
    ['(x > 0) * 3', 3],
    ['not x > 1', 1],
    ['x > 0 and x < 1', 1],
    ['x > 1 or x > 2 and x > 3', 0],
    ['not x > 1 and x > 0', 1],
    ['x == 0.5', 1],
    ['x != 0.5', 0],
    ['where(x > 0, x, -x)', 0.5],
    ['max(x, 1, 2)', 2],
    ['min(1)', 1],
    ['clip(5, 0, 1)', 1],
    ['maximum(x, 0) - minimum(x, 0)', 0.5],
    ['sum(x) + mean(x) + softmax(x)', 2],
    ['floor(-1.5) + ceil(-1.5)', -3],
    ['sin(pi / 2)', 1],
    ['erf(0.5)', 0.5204998778130465],
    ['erf(3)', 0.9999779095030014],
    ['erf(-7)', -1],
    ['softplus(800)', 800],
    ['sigmoid(-800)', 0],
  ])('%s is %d', (text, expected) => {
    expect(value(text)).toBeCloseTo(expected, 12);
  });
});

const invalid: readonly [string, number][] = [
  ['', 0],
  ['x * sigmoi(x)', 4],
  ['x * Sigmoid(x)', 4],
  ['X + 1', 0],
  ['x + banana', 4],
  ['banana(x)', 0],
  ['2x', 1],
  ['2 (x)', 2],
  ['x (1)', 0],
  ['exp x', 0],
  ['exp()', 0],
  ['exp(x, 1)', 0],
  ['max()', 0],
  ['clip(x, 1)', 0],
  ['(x + 1', 6],
  ['exp(x', 5],
  ['x + 1)', 5],
  ['x +', 3],
  ['* x', 0],
  ['x = 1', 2],
  ['x && 1', 2],
  ['|x|', 0],
  ['x ? 1 : 2', 2],
  ['x # 1', 2],
  ['0 < x < 1', 6],
  ['where(x, 1, 2)', 6],
  ['x and x > 1', 2],
  ['x > 1 or x + 1', 9],
  ['not x', 4],
  ['1e999', 0],
  ['x + 1 / 0', 0],
  ['x + log(0 - 1)', 0],
  ['-'.repeat(200) + 'x', 50],
  ['('.repeat(400) + 'x', 50],
  ['x+'.repeat(600) + 'x', MAX_FORMULA_LENGTH],
  ['x => 1', 2],
  ['constructor(x)', 0],
  ['__proto__', 0],
  ['x.constructor', 1],
];

describe('formulaFault', () => {
  test.each(invalid)('reports the fault in %s at position %i', (text, position) => {
    const fault = formulaFault(text, ['x']);
    expect(fault).toBeInstanceOf(FormulaError);
    expect(fault!.position).toBe(position);
  });

  test('messages with expectation, received text and remedy', () => {
    expect(invalid.map(([text]) => formulaFault(text, ['x'])!.message)).toMatchInlineSnapshot(`
      [
        "At character 1: expected a number, a name or (; received the end. Complete the formula.",
        "At character 5: expected a function; received 'sigmoi'. Did you mean sigmoid?",
        "At character 5: expected a function; received 'Sigmoid'. Did you mean sigmoid?",
        "At character 1: expected one of x, pi, e; received 'X'. Did you mean x?",
        "At character 5: expected one of x, pi, e; received 'banana'. Use one of these.",
        "At character 1: expected a function; received 'banana'. The functions are exp, log, log1p, sqrt, square, abs, sign, floor, ceil, sin, cos, tanh, sigmoid, relu, softplus, erf, min, max, minimum, maximum, clip, where, sum, mean, softmax, logSoftmax, stopGradient.",
        "At character 2: expected an operator; received 'x'. Write * to multiply: … * x.",
        "At character 3: expected an operator or the end; received '('. Check the parentheses.",
        "At character 1: expected a function before (; received 'x'. Write * to multiply: x * (…).",
        "At character 1: expected inputs in parentheses after exp; received none. Write exp(x).",
        "At character 1: expected 1 input of exp; received 0. Write exp(x).",
        "At character 1: expected 1 input of exp; received 2. Write exp(x).",
        "At character 1: expected 1 or more inputs of max; received 0. Write max(a, b, …).",
        "At character 1: expected 3 inputs of clip; received 2. Write clip(x, low, high).",
        "At character 7: expected ')'; received the end. Close the parenthesis with ')'.",
        "At character 6: expected ')'; received the end. Close exp( with ')', or separate its inputs with ','.",
        "At character 6: expected an operator or the end; received ')'. Check the parentheses.",
        "At character 4: expected a number, a name or (; received the end. Complete the formula.",
        "At character 1: expected a number, a name or (; received '*'. Remove it.",
        "At character 3: expected a number, a name or an operator; received '='. Write '==' to compare.",
        "At character 3: expected a number, a name or an operator; received '&'. Write 'and'.",
        "At character 1: expected a number, a name or an operator; received '|'. Write 'or', or abs(x) for the size of a number.",
        "At character 3: expected a number, a name or an operator; received '?'. Write 'where(condition, a, b)'.",
        "At character 3: expected a number, a name or an operator; received '#'. Remove it.",
        "At character 7: expected one comparison; received '<'. Join two with and, such as 0 < x and x < 1.",
        "At character 7: expected a condition in where; received x. Compare it, such as x > 0.",
        "At character 3: expected a condition before 'and'; received x. Compare it, such as x > 0.",
        "At character 10: expected a condition after 'or'; received x + 1. Compare it, such as x + 1 > 0.",
        "At character 5: expected a condition after 'not'; received x. Compare it, such as x > 0.",
        "At character 1: expected a number below 1e308; received '1e999'. Make it smaller.",
        "At character 1: expected finite numbers; received 1 / 0, which has no finite value. Change it.",
        "At character 1: expected finite numbers; received log(0 - 1), which has no finite value. Change it.",
        "At character 51: expected at most 50 levels; received more. Make it simpler.",
        "At character 51: expected at most 50 levels; received more. Make it simpler.",
        "At character 1001: expected at most 1000 characters; received 1201. Make it shorter, or use several Formula layers.",
        "At character 3: expected a number, a name or an operator; received '='. Write '==' to compare.",
        "At character 1: expected a function; received 'constructor'. The functions are exp, log, log1p, sqrt, square, abs, sign, floor, ceil, sin, cos, tanh, sigmoid, relu, softplus, erf, min, max, minimum, maximum, clip, where, sum, mean, softmax, logSoftmax, stopGradient.",
        "At character 1: expected one of x, pi, e; received '__proto__'. Use one of these.",
        "At character 2: expected a number, a name or an operator; received '.'. Remove it.",
      ]
    `);
  });
});

const seeds = Array.from({ length: 30 }, (_, index) => index + 1);

test.each(seeds)('a printed expression parses to the same tree (seed %i)', (seed) => {
  const dice = new Dice(seed, 'print');
  for (let round = 0; round < 60; round++) {
    const tree = randomExpression(dice, everything, 5);
    const text = printExpression(tree);
    if (text.length > MAX_FORMULA_LENGTH) continue;
    const fault = formulaFault(text, everything.variables);
    // Parts such as 1 / 0 are rejected by the parser.
    if (fault !== null) expect(fault.message, text).toContain('no finite value');
    else expect(parseFormula(text, everything.variables), text).toEqual(tree);
  }
});

test.each(seeds)('any text is parsed or rejected with a complete message (seed %i)', (seed) => {
  const dice = new Dice(seed, 'garbage');
  const pieces = [
    ...['x', 'y', '1', '.5', '1e', 'e', '(', ')', ')', ',', '+', '-', '*', '**', '/', '^', '%', '<', '<=', '=', '=='],
    ...[
      '!=',
      '!',
      'and',
      'or',
      'not',
      'where',
      'where(',
      'exp(',
      'max(',
      'log',
      ' ',
      '\n',
      '\u0000',
      '😀',
      'ß',
      '"',
      '\\',
    ],
    ...['toString', '__proto__', 'constructor(', 'hasOwnProperty', '[', '}', '#', '1e309', '0x10', '_', '·', '²'],
  ];
  for (let round = 0; round < 300; round++) {
    const text = Array.from({ length: dice.below(40) }, () => dice.pick(pieces)).join(dice.pick(['', ' ']));
    const fault = formulaFault(text, ['x', 'y']);
    if (fault === null) continue;
    expect(fault.position).toBeGreaterThanOrEqual(0);
    expect(fault.position).toBeLessThanOrEqual(text.length);
    expect(fault.message).toMatch(/^At character \d+: expected [^]+; received [^]+[.?]$/);
  }
});

test.each([
  ['sums', (size: number) => 'x' + '+x'.repeat(size), 499],
  ['powers', (size: number) => 'x' + '^x'.repeat(size), 499],
  ['powers of numbers', (size: number) => '1' + '^1'.repeat(size), 499],
  ['parentheses', (size: number) => '('.repeat(size) + 'x' + ')'.repeat(size), 49],
])('parsing and printing %s take at most quadratic time', (_, make, longest) => {
  const work = (size: number) => () => printExpression(parseFormula(make(size), ['x']));
  const [short, long] = leastCpuTimes(3, work(Math.round(longest / 4)), work(longest));
  expect(long! / short!).toBeLessThan(24);
});
