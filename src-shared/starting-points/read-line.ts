import { suggest } from '../text/suggest.ts';
import { activationWords, allSpellings, wordFor, words } from './words.ts';

// Parses a line of text into words with their numbers; see `line.ts`.

/** Words of layers with an activation. */
export const ACTIVATED: ReadonlySet<string> = new Set(['dense', 'conv', 'sepconv']);
export const RECURRENT: ReadonlySet<string> = new Set(['lstm', 'gru', 'rnn']);
/** Words that belong to the layer before them and are repeated with it. */
export const BELONGING: ReadonlySet<string> = new Set(['activation', 'bn', 'ln', 'dropout', 'alphadropout', 'noise']);
const LAYERS_WITH_WEIGHTS: ReadonlySet<string> = new Set([...ACTIVATED, ...RECURRENT]);

/** Limit of layers of a line. For more, use a block with a repeat count. */
const MAX_LAYERS = 500;

export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface Item {
  /** Key of `words`, or 'activation'. */
  readonly word: string;
  readonly numbers: readonly number[];
  /** Keras name of the activation. */
  readonly activation: string | null;
  readonly token: Token;
}

export class LineFault extends Error {
  readonly token: Token;
  constructor(token: Token, message: string) {
    super(message);
    this.token = token;
  }
}

/** @throws LineFault if a word is not known, or its numbers are not valid. */
export function readLine(text: string): Item[] {
  return readItems(joined(tokenize(text)));
}

/** A word or the end of a group, with its repeat count: '30', '30 * 3', ') × 2'. */
const TOKEN = /\(|(?:\)|[^\s,;|()*×→>–—−-]+)(?:\s*[*×]\s*[^\s,;|()*×→>–—−-]*)?|[*×]\s*\d*/gu;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const token = withSizes(match[0].toLowerCase()).replaceAll(/\s/gu, '');
    tokens.push({ text: token, start: match.index, end: match.index + match[0].length });
  }
  return tokens;
}

/** 'conv32×5' has a kernel size, like 'conv32x5'; '32×5' is a layer repeated 5 times. */
function withSizes(token: string): string {
  const [, name] = /^([a-z_]+(?:[123]d)?)\d+×\d/u.exec(token) ?? [];
  const word = name === undefined ? null : wordFor(name);
  return word !== null && words[word]!.numbers[1] > 1 ? token.replace('×', 'x') : token;
}

/** Joins 'dense 128' to 'dense128' and 'dropout 0.3' to 'dropout0.3'. */
function joined(tokens: readonly Token[]): Token[] {
  const result: Token[] = [];
  for (const token of tokens) {
    const before = result.at(-1);
    const word = before === undefined ? null : wordFor(before.text);
    const [least, most] = word === null ? [0, 0] : words[word]!.numbers;
    const isIts = most > 0 && (least > 0 ? /^\d/ : /^0?\./).test(token.text);
    if (before === undefined || !isIts) result.push(token);
    else result.splice(-1, 1, { text: before.text + token.text, start: before.start, end: token.end });
  }
  return result;
}

/** A layer with the words that belong to it, or a group in parentheses. */
interface Unit {
  readonly items: Item[];
  times: number;
  /** Whether it is a layer with weights, which takes the words after it that belong to a layer. */
  readonly isLayer: boolean;
}

/** Reads tokens into layers; a repeated layer or group becomes several. */
function readItems(tokens: readonly Token[]): Item[] {
  const open: { units: Unit[]; token: Token }[] = [];
  let units: Unit[] = [];
  for (const token of tokens) {
    if (token.text === '(') {
      open.push({ units, token });
      units = [];
    } else if (token.text.startsWith(')')) {
      const outer = open.pop();
      if (outer === undefined) throw new LineFault(token, "Expected a '(' before this ')'. Remove it, or add a '('.");
      const items = repeated(units);
      units = outer.units;
      units.push({ items, times: countAfter(token.text.slice(1), token), isLayer: false });
    } else {
      addWord(units, token);
    }
    if (countItems(units) > MAX_LAYERS) {
      throw new LineFault(token, `Expected at most ${MAX_LAYERS} layers; received more. Use smaller repeat counts.`);
    }
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) throw new LineFault(unclosed.token, "Expected a ')' for this '('. Add it.");
  return repeated(units);
}

function countItems(units: readonly Unit[]): number {
  return units.reduce((sum, { items, times }) => sum + items.length * times, 0);
}

function repeated(units: readonly Unit[]): Item[] {
  return units.flatMap(({ items, times }) => Array.from({ length: times }, () => items).flat());
}

/**
 * Adds a word. An activation, normalization or dropout belongs to the layer before it: its repeat
 * count repeats that layer ('30 selu*3'), and an activation after a repeated layer applies to each
 * copy ('30*3 selu').
 */
function addWord(units: Unit[], token: Token): void {
  // '30*3:selu' is '30:selu*3'.
  const [, word = '', repeat = '', given = ''] = /^([^*×]*)([*×][^:]*)?(:.*)?$/u.exec(token.text) ?? [];
  const items = readItem(word + given, token);
  const times = countAfter(repeat, token);
  const before = units.at(-1);
  const { word: name } = items[0]!;
  if (!BELONGING.has(name)) {
    units.push({ items, times, isLayer: LAYERS_WITH_WEIGHTS.has(name) });
  } else if (before?.isLayer === true && before.times === 1) {
    before.items.push(...items);
    before.times = times;
  } else if (times > 1) {
    throw new LineFault(
      token,
      `Expected a layer before '${token.text}' to repeat. Use parentheses: (100 ${word})*${times}.`,
    );
  } else if (name === 'activation' && before !== undefined && lacksActivation(before)) {
    before.items.push(...items);
  } else {
    units.push({ items, times, isLayer: false });
  }
}

/** Whether the unit is a layer without an activation, possibly with normalization. */
function lacksActivation({ isLayer, items: [layer, ...others] }: Unit): boolean {
  return isLayer && layer!.activation === null && others.every(({ word }) => word === 'bn');
}

/** '*20' → 20, '' → 1. */
function countAfter(text: string, token: Token): number {
  if (text === '') return 1;
  const count = Number(text.replace(/^\s*[*×]\s*/u, ''));
  if (Number.isInteger(count) && count >= 1) return count;
  throw new LineFault(token, `Expected a repeat count after '*', such as *20; received '${text}'.`);
}

/** The layer of a word, and a separate activation if ':' adds one that is not a parameter of the layer. */
function readItem(text: string, token: Token): Item[] {
  if (text === '') throw new LineFault(token, `Expected a layer before '${token.text}', such as 30${token.text}.`);
  const own = activationOf(text);
  if (own !== null) return [{ word: 'activation', numbers: [], activation: own, token }];
  const [, name = '', rest = ''] = /^((?:[a-z_]+(?:[123]d(?=\d|$|:))?)?)(.*)$/.exec(text) ?? [];
  const [, numberText = '', colon = '', given = ''] = /^([^:]*)(:?)(.*)$/.exec(rest) ?? [];
  const word = name === '' && /^\d|^\.\d/.test(rest) ? 'dense' : wordFor(name);
  if (word === null) throw new LineFault(token, `'${name === '' ? text : name}' is not a known layer. ${hint(name)}`);
  const numbers = numberText === '' ? [] : numberText.split(/[x×/]/u).map(Number);
  const { numbers: allowed, example } = words[word]!;
  if (
    numbers.length < allowed[0] ||
    numbers.length > allowed[1] ||
    !numbers.every((n) => Number.isFinite(n) && n >= 0)
  ) {
    throw new LineFault(token, `Expected ${example}; received '${token.text}'.`);
  }
  const activation = activationOf(given);
  if (colon !== '' && activation === null) {
    throw new LineFault(
      token,
      `Expected an activation after ':', such as ${word}${numberText}:tanh; received '${given}'.`,
    );
  }
  if (activation === null || ACTIVATED.has(word) || RECURRENT.has(word)) return [{ word, numbers, activation, token }];
  return [
    { word, numbers, activation: null, token },
    { word: 'activation', numbers: [], activation, token },
  ];
}

/** Keras name of an activation; null if the word is not an activation. */
function activationOf(word: string): string | null {
  return Object.hasOwn(activationWords, word) ? activationWords[word]! : null;
}

/** Advice for an unknown word. */
function hint(name: string): string {
  if (name === 'input' || name === 'output') return 'Input and Output are added automatically. Remove it.';
  if (['cnn', 'mlp', 'resnet', 'autoencoder'].includes(name)) return 'Choose it from the templates.';
  const near = suggest(name, allSpellings);
  return near === null ? 'Words are dense, conv, pool, flatten, bn, dropout, lstm, …' : `Did you mean ${near}?`;
}
