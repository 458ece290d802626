import { emitExpression } from '../../src-shared/expression/emit.ts';
import { evaluate } from '../../src-shared/expression/evaluate.ts';
import type { Expression } from '../../src-shared/expression/expression.ts';
import { isComparison, partsOf, variablesOf } from '../../src-shared/expression/expression.ts';
import { functionNames } from '../../src-shared/expression/functions.ts';
import { formulaFault } from '../../src-shared/expression/parse.ts';
import { printExpression } from '../../src-shared/expression/print.ts';
import { gradients } from '../../src-shared/program/gradients/autodiff.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import type { Program } from '../../src-shared/program/language/types.ts';
import { Dice, randomExpression } from './expressions.ts';
import type { Ingredients } from './expressions.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';

/** A formula at several points, as a program with outputs `value` and one `slope_…` a variable. */
export interface FormulaCase {
  readonly text: string;
  readonly program: Program;
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** Values at each point, from plain numbers. */
  readonly values: readonly number[];
  /** Central differences at each point, by variable; null where the formula has a corner. */
  readonly slopes: ReadonlyMap<string, readonly (number | null)[]>;
}

const variables = ['x', 'y'];
/** Without stopGradient, whose gradient is not its slope. */
const ingredients: Ingredients = {
  variables,
  functions: functionNames.filter((name) => name !== 'stopGradient'),
  arithmetic: ['+', '-', '*', '/', '%', '^'],
};
/** Exact in float32. Integers and halves would be corners of floor and ceil. */
const POINTS: readonly (readonly [number, number])[] = [
  [0.40625, 1.28125],
  [-0.71875, 0.28125],
  [1.59375, -1.15625],
];
const STEP = 1e-5;
const MARGIN = 0.05;

/** Random formulas that are finite, moderate and away from jumps at all points. */
export function formulaCases(seed: number, count: number): FormulaCase[] {
  const dice = new Dice(seed, 'formula-cases');
  const found: FormulaCase[] = [];
  while (found.length < count) {
    const expression = randomExpression(dice, ingredients, 4);
    if (variablesOf(expression).size === 0 || formulaFault(printExpression(expression), variables) !== null) continue;
    const made = caseOf(expression);
    if (made !== null) found.push(made);
  }
  return found;
}

function caseOf(expression: Expression): FormulaCase | null {
  const at = (x: number, y: number): number => evaluate(expression, new Map(Object.entries({ x, y })));
  if (!POINTS.every(([x, y]) => isTame(expression, new Map(Object.entries({ x, y }))))) return null;
  const slopes = new Map(
    variables.map((name) => [
      name,
      POINTS.map(([x, y]) => smoothSlope((d) => (name === 'x' ? at(x + d, y) : at(x, y + d)))),
    ]),
  );
  const values = POINTS.map(([x, y]) => at(x, y));
  return { text: printExpression(expression), ...programOf(expression), values, slopes };
}

/** Whether every part has a moderate value, well within its domain and away from jumps. */
function isTame(part: Expression, point: ReadonlyMap<string, number>): boolean {
  const value = evaluate(part, point);
  if (!Number.isFinite(value) || Math.abs(value) > 30) return false;
  const [a = 1, b = 1] = partsOf(part).map((input) => evaluate(input, point));
  const apart = (p: number, q: number): boolean => Math.abs(p - q) > MARGIN;
  const whole = (p: number): boolean => !apart(p, Math.round(p));
  const within = partsOf(part).every((input) => isTame(input, point));
  if (part.kind === 'binary') {
    const { operator } = part;
    if (operator === '/') return within && apart(b, 0);
    if (operator === '^') return within && a > MARGIN;
    if (operator === '%') return within && apart(b, 0) && !whole(a / b);
    return within && (!isComparison(operator) || apart(a, b));
  }
  if (part.kind !== 'call') return within;
  if (part.name === 'floor' || part.name === 'ceil') return within && !whole(a);
  if (part.name === 'log' || part.name === 'sqrt') return within && a > MARGIN;
  if (part.name === 'log1p') return within && a > MARGIN - 1;
  return within && (part.name !== 'sign' || apart(a, 0));
}

/** The central difference; null where it depends on the step, as at corners. */
function smoothSlope(near: (difference: number) => number): number | null {
  const [fine, coarse, left, right] = [
    (near(STEP) - near(-STEP)) / (2 * STEP),
    (near(1e-3) - near(-1e-3)) / 2e-3,
    (near(0) - near(-STEP)) / STEP,
    (near(STEP) - near(0)) / STEP,
  ];
  const scale = 1e-2 * Math.max(1, Math.abs(fine));
  const smooth = Math.abs(fine - coarse) < scale && Math.abs(left - right) < scale;
  return smooth && Math.abs(fine) < 100 ? fine : null;
}

function programOf(expression: Expression): { program: Program; feeds: ReadonlyMap<string, Tensor> } {
  const b = new ProgramBuilder();
  const scope = new Map(variables.map((name) => [name, b.input(name, 'float32', [null, 1])]));
  const value = emitExpression(b, expression, scope);
  const inputs = [...scope.values()];
  // The sum of a value that may be one number, which depends on no point.
  const batched = b.add(value, b.multiply(inputs[0]!, b.scalar(0)));
  b.output('value', batched);
  gradients(b, b.reduceSum(batched, [0, 1]), inputs).forEach((gradient, i) => {
    if (gradient !== null) b.output(`slope_${variables[i]}`, gradient);
  });
  const feeds = variables.map((name, i) => {
    const column = POINTS.map((point) => point[i]!);
    return [name, tensorOf('float32', [POINTS.length, 1], column)] as const;
  });
  return { program: b.build(), feeds: new Map(feeds) };
}
