import { FormulaError } from './formula-error.ts';

export interface Token {
  readonly kind: 'number' | 'name' | 'symbol' | 'end';
  readonly text: string;
  /** Index of its first character in the formula. */
  readonly at: number;
}

/** Symbols that people paste, and their spelling here. */
const synonyms: Readonly<Record<string, string>> = {
  '**': '^',
  '·': '*',
  '×': '*',
  '÷': '/',
  '−': '-',
  '≤': '<=',
  '≥': '>=',
  '≠': '!=',
};

/** Symbols of other languages, and what to write instead. */
const hints: Readonly<Record<string, string>> = {
  '=': "'==' to compare",
  '&': "'and'",
  '|': "'or', or abs(x) for the size of a number",
  '!': "'not'",
  '?': "'where(condition, a, b)'",
  ':': "'where(condition, a, b)'",
  '[': "'(' and ')' for parentheses",
  '{': "'(' and ')' for parentheses",
};

// Matches at every position: the last alternative takes any character.
const pattern =
  /(?<space>\s+)|(?<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_]\w*)|(?<symbol>\*\*|<=|>=|==|!=|[-+*/%^<>(),·×÷−≤≥≠])|(?<other>[^])/gu;

/**
 * Tokens of a formula; the last is 'end'.
 * @throws FormulaError at a character that cannot be in a formula.
 */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const { index, groups = {} } of text.matchAll(pattern)) {
    const { number, name, symbol, other } = groups;
    if (other !== undefined) throw unexpected(other, index);
    if (number !== undefined) tokens.push({ kind: 'number', text: number, at: index });
    if (name !== undefined) tokens.push({ kind: 'name', text: name, at: index });
    if (symbol !== undefined) tokens.push({ kind: 'symbol', text: synonyms[symbol] ?? symbol, at: index });
  }
  return [...tokens, { kind: 'end', text: '', at: text.length }];
}

function unexpected(character: string, at: number): FormulaError {
  const hint = Object.hasOwn(hints, character) ? ` Write ${hints[character]}.` : ' Remove it.';
  return new FormulaError(at, `expected a number, a name or an operator; received '${character}'.${hint}`);
}

/** A token for a message. */
export function describeToken({ kind, text }: Token): string {
  return kind === 'end' ? 'the end' : `'${text}'`;
}
