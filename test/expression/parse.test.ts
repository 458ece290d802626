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

describe('formulaFault reports position, expectation and remedy', () => {
  test.each([
    ['', 0, 'expected a number, a name or (; received the end. Complete the formula.'],
    ['x * sigmoi(x)', 4, "expected a function; received 'sigmoi'. Did you mean sigmoid?"],
    ['x * Sigmoid(x)', 4, 'Did you mean sigmoid?'],
    ['X + 1', 0, "expected one of x, pi, e; received 'X'. Did you mean x?"],
    ['x + banana', 4, "expected one of x, pi, e; received 'banana'. Use one of these."],
    ['banana(x)', 0, 'The functions are exp, log,'],
    ['2x', 1, 'Write * to multiply: … * x.'],
    ['2 (x)', 2, "expected an operator or the end; received '('"],
    ['x (1)', 0, 'Write * to multiply: x * (…).'],
    ['exp x', 0, 'expected inputs in parentheses after exp; received none. Write exp(x).'],
    ['exp()', 0, 'expected 1 input of exp; received 0. Write exp(x).'],
    ['exp(x, 1)', 0, 'expected 1 input of exp; received 2.'],
    ['max()', 0, 'expected 1 or more inputs of max; received 0. Write max(a, b, …).'],
    ['clip(x, 1)', 0, 'Write clip(x, low, high).'],
    ['(x + 1', 6, "expected ')'; received the end. Close the parenthesis"],
    ['exp(x', 5, "Close exp( with ')'"],
    ['x + 1)', 5, 'Check the parentheses.'],
    ['x +', 3, 'received the end'],
    ['* x', 0, "received '*'. Remove it."],
    ['x = 1', 2, "Write '==' to compare."],
    ['x && 1', 2, "Write 'and'."],
    ['|x|', 0, 'abs(x)'],
    ['x ? 1 : 2', 2, 'where(condition, a, b)'],
    ['x # 1', 2, "received '#'. Remove it."],
    ['0 < x < 1', 6, 'Join two with and, such as 0 < x and x < 1.'],
    ['where(x, 1, 2)', 6, 'expected a condition in where; received x. Compare it, such as x > 0.'],
    ['x and x > 1', 2, "expected a condition before 'and'; received x."],
    ['x > 1 or x + 1', 9, "expected a condition after 'or'; received x + 1."],
    ['not x', 4, "expected a condition after 'not'"],
    ['1e999', 0, 'expected a number below 1e308'],
    ['x + 1 / 0', 0, 'expected finite numbers; received 1 / 0, which has no finite value.'],
    ['x + log(0 - 1)', 0, 'received log(0 - 1)'],
    ['-'.repeat(200) + 'x', 50, 'at most 50 levels'],
    ['('.repeat(400) + 'x', 50, 'at most 50 levels'],
    ['x+'.repeat(600) + 'x', MAX_FORMULA_LENGTH, 'at most 1000 characters; received 1201'],
    ['x => 1', 2, "Write '==' to compare."],
    ['constructor(x)', 0, 'expected a function'],
    ['__proto__', 0, 'expected one of'],
    ['x.constructor', 1, "received '.'"],
  ])('%s', (text, position, words) => {
    const fault = formulaFault(text, ['x']);
    expect(fault).toBeInstanceOf(FormulaError);
    expect(fault!.message).toContain(words);
    expect(fault!.position).toBe(position);
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
