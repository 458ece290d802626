import { constants, isComparison, isCondition, precedences, unaryPrecedences } from './expression.ts';
import type { BinaryOperator, ConstantName, Expression } from './expression.ts';
import { foldConstants } from './fold.ts';
import { FormulaError } from './formula-error.ts';
import { functionNames, functionSpec, isFunctionName, signatureOf } from './functions.ts';
import type { FunctionName } from './functions.ts';
import { printExpression } from './print.ts';
import { suggest } from '../text/suggest.ts';
import { describeToken, tokensOf } from './tokens.ts';
import type { Token } from './tokens.ts';

/** Limit on formula length in characters, so that no document can make parsing slow. */
export const MAX_FORMULA_LENGTH = 1000;
/** Limit on nested parentheses, calls, signs and powers. */
export const MAX_FORMULA_DEPTH = 50;

/**
 * Parses a formula.
 *
 * @param variables Names of the variables. A variable hides a constant of the same name.
 * @throws FormulaError if the text is not a formula, too long or too deep.
 */
export function parseFormula(text: string, variables: readonly string[]): Expression {
  if (text.length > MAX_FORMULA_LENGTH) {
    const words = `expected at most ${MAX_FORMULA_LENGTH} characters; received ${text.length}. Make it shorter, or use several Formula layers.`;
    throw new FormulaError(MAX_FORMULA_LENGTH, words);
  }
  const expression = new Parser(tokensOf(text), variables).whole();
  requireFinite(expression);
  return expression;
}

/** The syntax error of a formula, or null. */
export function formulaFault(text: string, variables: readonly string[]): FormulaError | null {
  try {
    parseFormula(text, variables);
    return null;
  } catch (error) {
    if (error instanceof FormulaError) return error;
    throw error;
  }
}

/** Requires a finite value of each subexpression without variables. */
function requireFinite(expression: Expression): void {
  const { nonFinite } = foldConstants(expression);
  if (nonFinite === null) return;
  throw new FormulaError(
    0,
    `expected finite numbers; received ${printExpression(nonFinite)}, which has no finite value. Change it.`,
  );
}

/** Precedence climbing parser. */
class Parser {
  private readonly tokens: readonly Token[];
  private readonly variables: readonly string[];
  private next = 0;
  private depth = 0;

  constructor(tokens: readonly Token[], variables: readonly string[]) {
    this.tokens = tokens;
    this.variables = variables;
  }

  whole(): Expression {
    const expression = this.expression(0);
    const token = this.token;
    if (token.kind === 'end') return expression;
    if (token.kind === 'symbol') throw this.unexpected('an operator or the end', 'Check the parentheses.');
    throw this.unexpected('an operator', `Write * to multiply: … * ${token.text}.`);
  }

  /** Parses operators with a precedence of at least `least`. */
  private expression(least: number): Expression {
    let left = this.prefixed();
    for (;;) {
      const { text, at } = this.token;
      const operator = this.operator();
      if (operator === null || precedences[operator] < least) return left;
      this.next++;
      const precedence = precedences[operator];
      const rightAt = this.token.at;
      // Powers are right-associative: 2^3^2 is 2^(3^2).
      const right = this.expression(operator === '^' ? precedence : precedence + 1);
      if (operator === 'and' || operator === 'or') {
        this.requireCondition(left, at, `before '${text}'`);
        this.requireCondition(right, rightAt, `after '${text}'`);
      }
      left = { kind: 'binary', operator, left, right };
      if (isComparison(operator)) this.requireOneComparison();
    }
  }

  private prefixed(): Expression {
    const { at } = this.token;
    if (++this.depth > MAX_FORMULA_DEPTH) {
      throw new FormulaError(at, `expected at most ${MAX_FORMULA_DEPTH} levels; received more. Make it simpler.`);
    }
    const expression = this.prefixedOrValue();
    this.depth--;
    return expression;
  }

  private prefixedOrValue(): Expression {
    if (this.take('-')) {
      return { kind: 'unary', operator: '-', operand: this.expression(unaryPrecedences['-'] + 1) };
    }
    if (this.take('+')) return this.prefixed();
    if (this.take('not')) {
      const { at } = this.token;
      const operand = this.expression(unaryPrecedences.not + 1);
      this.requireCondition(operand, at, "after 'not'");
      return { kind: 'unary', operator: 'not', operand };
    }
    return this.value();
  }

  private value(): Expression {
    const token = this.token;
    if (token.kind === 'number') {
      this.next++;
      const value = Number(token.text);
      if (Number.isFinite(value)) return { kind: 'number', value };
      throw new FormulaError(token.at, `expected a number below 1e308; received '${token.text}'. Make it smaller.`);
    }
    if (token.kind === 'name' && token.text !== 'and' && token.text !== 'or') return this.named(token);
    if (this.take('(')) {
      const inner = this.expression(0);
      this.require(')', "Close the parenthesis with ')'.");
      return inner;
    }
    throw this.unexpected('a number, a name or (', token.kind === 'end' ? 'Complete the formula.' : 'Remove it.');
  }

  private named(token: Token): Expression {
    const { text: name, at } = token;
    this.next++;
    const isCall = this.token.text === '(';
    if (this.variables.includes(name)) {
      if (!isCall) return { kind: 'variable', name };
      throw new FormulaError(
        at,
        `expected a function before (; received '${name}'. Write * to multiply: ${name} * (…).`,
      );
    }
    if (isFunctionName(name)) {
      if (isCall) return this.call(name, at);
      throw new FormulaError(
        at,
        `expected inputs in parentheses after ${name}; received none. Write ${signatureOf(name)}.`,
      );
    }
    if (isConstant(name) && !isCall) return { kind: 'constant', name };
    const known = isCall ? functionNames : [...this.variables, ...Object.keys(constants)];
    const near = nearestName(name, known) ?? nearestName(name, functionNames);
    const what = isCall ? 'a function' : `one of ${[...this.variables, ...Object.keys(constants)].join(', ')}`;
    const advice =
      near === null
        ? isCall
          ? `The functions are ${functionNames.join(', ')}.`
          : 'Use one of these.'
        : `Did you mean ${near}?`;
    throw new FormulaError(at, `expected ${what}; received '${name}'. ${advice}`);
  }

  private call(name: FunctionName, at: number): Expression {
    this.require('(', '');
    const inputs: Expression[] = [];
    const { min, more, inputs: names, condition } = functionSpec(name);
    if (this.token.text !== ')') {
      do {
        const start = this.token.at;
        const input = this.expression(0);
        if (condition === true && inputs.length === 0) this.requireCondition(input, start, `in ${name}`);
        inputs.push(input);
      } while (this.take(','));
    }
    this.require(')', `Close ${name}( with ')', or separate its inputs with ','.`);
    const max = more === true ? Infinity : names.length;
    if (inputs.length < min || inputs.length > max) {
      const expected = more === true ? `${min} or more` : String(min);
      const words = `expected ${expected} ${expected === '1' ? 'input' : 'inputs'} of ${name}; received ${inputs.length}. Write ${signatureOf(name)}.`;
      throw new FormulaError(at, words);
    }
    return { kind: 'call', name, inputs };
  }

  private get token(): Token {
    // The last token is 'end', which is never consumed.
    return this.tokens[this.next]!;
  }

  private operator(): BinaryOperator | null {
    const { kind, text } = this.token;
    const possible = kind === 'symbol' || kind === 'name';
    return possible && Object.hasOwn(precedences, text) ? (text as BinaryOperator) : null;
  }

  private take(text: string): boolean {
    const found = this.token.kind !== 'end' && this.token.text === text;
    if (found) this.next++;
    return found;
  }

  private require(symbol: string, advice: string): void {
    if (!this.take(symbol)) throw this.unexpected(`'${symbol}'`, advice);
  }

  private unexpected(expected: string, advice: string): FormulaError {
    const token = this.token;
    return new FormulaError(token.at, `expected ${expected}; received ${describeToken(token)}. ${advice}`);
  }

  private requireCondition(expression: Expression, at: number, where: string): void {
    if (isCondition(expression)) return;
    const printed = printExpression(expression);
    const words = `expected a condition ${where}; received ${printed}. Compare it, such as ${printed} > 0.`;
    throw new FormulaError(at, words);
  }

  private requireOneComparison(): void {
    const next = this.operator();
    if (next === null || !isComparison(next)) return;
    throw this.unexpected('one comparison', 'Join two with and, such as 0 < x and x < 1.');
  }
}

function isConstant(name: string): name is ConstantName {
  return Object.hasOwn(constants, name);
}

/** The most similar known name; null if none is similar. */
function nearestName(typed: string, known: readonly string[]): string | null {
  return known.find((name) => name.toLowerCase() === typed.toLowerCase()) ?? suggest(typed, known);
}
