import { suggest } from '../text/suggest.ts';
import { activationWords, allSpellings, wordFor, words } from './words.ts';

/** Reads a line of text as words with their numbers; see `line.ts`. */

/** More than a canvas is good for; a block with a repeat count is the way there. */
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
  /** Keras name, where the word names an activation. */
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

/** @throws LineFault where a word is not known, or its numbers are not what it takes. */
export function readLine(text: string): Item[] {
  return readItems(joined(tokenize(text)));
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(/\(|\)(?:\s*[*×]\s*\d+)?|[^\s,;|()→>–—−-]+/gu)) {
    tokens.push({ text: match[0].toLowerCase(), start: match.index, end: match.index + match[0].length });
  }
  return tokens;
}

/** 'dense 128' and 'dropout 0.3' as 'dense128' and 'dropout0.3'. */
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

/** Reads tokens, writing repeated groups out. */
function readItems(tokens: readonly Token[]): Item[] {
  const open: { items: Item[]; token: Token }[] = [];
  let items: Item[] = [];
  const append = (more: readonly Item[], times: number, token: Token): void => {
    if (items.length + more.length * times > MAX_LAYERS) {
      throw new LineFault(token, `Expected at most ${MAX_LAYERS} layers. Repeat less.`);
    }
    for (let time = 0; time < times; time++) items.push(...more);
  };
  for (const token of tokens) {
    if (token.text === '(') {
      open.push({ items, token });
      items = [];
    } else if (token.text.startsWith(')')) {
      const group = items;
      const outer = open.pop();
      if (outer === undefined) throw new LineFault(token, "This ')' closes nothing. Take it out, or open it before.");
      items = outer.items;
      append(group, countAfter(token.text.slice(1), token), token);
    } else {
      const [, word = '', count = ''] = /^([^*×]*)((?:[*×].*)?)$/u.exec(token.text) ?? [];
      append([readItem(word, token)], countAfter(count, token), token);
    }
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) throw new LineFault(unclosed.token, "This '(' is not closed. Close it with ')'.");
  return items;
}

/** '*20' → 20, '' → 1. */
function countAfter(text: string, token: Token): number {
  if (text === '') return 1;
  const count = Number(text.replace(/^\s*[*×]\s*/u, ''));
  if (Number.isInteger(count) && count >= 1) return count;
  throw new LineFault(token, `Expected how often after '*', such as *20; received '${text}'.`);
}

function readItem(text: string, token: Token): Item {
  const activation = Object.hasOwn(activationWords, text) ? activationWords[text]! : null;
  if (activation !== null) return { word: 'activation', numbers: [], activation, token };
  const [, name = '', rest = ''] = /^((?:[a-z_]+(?:[123]d(?=\d|$|:))?)?)(.*)$/.exec(text) ?? [];
  const [numberText = '', given = ''] = rest.split(':');
  const word = name === '' && /^\d|^\.\d/.test(rest) ? 'dense' : wordFor(name);
  if (word === null)
    throw new LineFault(token, `'${name === '' ? text : name}' is no layer of this line. ${hint(name)}`);
  const numbers = numberText === '' ? [] : numberText.split(/[x×/]/u).map(Number);
  const { numbers: allowed, example } = words[word]!;
  if (
    numbers.length < allowed[0] ||
    numbers.length > allowed[1] ||
    !numbers.every((n) => Number.isFinite(n) && n >= 0)
  ) {
    throw new LineFault(token, `Expected ${example}; received '${token.text}'.`);
  }
  if (given !== '' && !Object.hasOwn(activationWords, given)) {
    throw new LineFault(
      token,
      `Expected an activation after ':', such as ${word}${numberText}:tanh; received '${given}'.`,
    );
  }
  return { word, numbers, activation: given === '' ? null : activationWords[given]!, token };
}

/** What to type instead of a word that is not known. */
function hint(name: string): string {
  if (name === 'input' || name === 'output') return 'Input and Output are put in by themselves; leave it out.';
  if (['cnn', 'mlp', 'resnet', 'autoencoder'].includes(name)) return 'Choose it among the templates.';
  const near = suggest(name, allSpellings);
  return near === null ? 'Words are dense, conv, pool, flatten, bn, dropout, lstm, …' : `Did you mean ${near}?`;
}
