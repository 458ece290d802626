import type { JsonValue } from '../document/schema/model-document.ts';
import { layerCatalog } from '../layers/catalog/catalog.ts';
import { resolveParameters } from '../layers/parameters/resolve-parameters.ts';
import { showValue } from '../text/show-value.ts';
import { outputOfFirst, usualOutput } from './fit.ts';
import type { Fit, OutputFit } from './fit.ts';
import { ACTIVATED, BELONGING, LineFault, readLine, RECURRENT } from './read-line.ts';
import type { Item, Token } from './read-line.ts';
import { SketchBuilder } from './sketch.ts';
import type { Sketch } from './sketch.ts';
import { words } from './words.ts';

/**
 * Layers from one line of text: `784-300-100-10`, `conv32 conv64 pool dense128 dense10`,
 * `784 (100 dropout0.2)*3 10`. Words are in `words.ts`; spaces, commas, dashes and arrows separate them.
 */
export type LineResult =
  | { readonly ok: true; readonly sketch: Sketch; readonly notes: readonly string[] }
  /** `start` and `end`: range of the faulty text. */
  | { readonly ok: false; readonly message: string; readonly start: number; readonly end: number };

/** Words of layers that need spatial axes, so that Flatten must not come before. */
const SPATIAL: ReadonlySet<string> = new Set(['conv', 'sepconv', 'pool', 'avgpool', 'gap']);

/** @param fit Input and output for the open data set. */
export function stackFromLine(text: string, fit: Fit): LineResult {
  try {
    const items = readLine(text);
    if (items.length === 0) {
      return { ok: false, message: 'Type layers, such as 784-300-100-10.', start: 0, end: text.length };
    }
    return { ok: true, ...new StackWriter(items, text, fit).write() };
  } catch (error) {
    if (!(error instanceof LineFault)) throw error;
    return { ok: false, message: error.message, start: error.token.start, end: error.token.end };
  }
}

class StackWriter {
  readonly #sketch = new SketchBuilder();
  readonly #notes: string[] = [];
  readonly #items: readonly Item[];
  readonly #fit: Fit;
  readonly #shape: readonly number[] | null;
  /** Number of axes of an example except its channels, if it is not flat. */
  readonly #dims: number;
  #flat: boolean;
  /** Whether an Embedding has turned a row of values into steps. */
  #hasSteps = false;

  constructor(items: readonly Item[], text: string, fit: Fit) {
    this.#fit = fit;
    const size = inputSizeOf(items, text, fit);
    this.#items = size === null ? items : items.slice(1);
    this.#notes.push(...otherSize(items, size, fit));
    this.#shape = size === null || size === product(fit.inputShape) ? fit.inputShape : [size];
    const rank = this.#shape?.length ?? usualRank(this.#items);
    this.#dims = Math.min(3, Math.max(1, rank - 1));
    this.#flat = rank < 2;
  }

  write(): { sketch: Sketch; notes: readonly string[] } {
    const own = this.#shape !== null && this.#shape !== this.#fit.inputShape;
    this.#sketch.add('Input', own ? { shape: [...this.#shape] } : {});
    this.#items.forEach((item, index) => this.#layer(item, index));
    this.#end();
    this.#sketch.add('Output', outputOfFirst(this.#fit));
    return { sketch: this.#sketch.layers, notes: this.#notes };
  }

  #layer({ word, numbers, activation, token }: Item, index: number): void {
    if (word === 'activation') {
      if (this.#ownerOf(index) === null) this.#sketch.add('Activation', { activation: activation! });
      return;
    }
    if (SPATIAL.has(word) && this.#flat) {
      throw new LineFault(token, `${token.text} needs an image or a sequence; received a row of values.`);
    }
    if (word === 'dense' && !this.#flat) this.#flatten();
    if (RECURRENT.has(word)) this.#requireSequence(token);
    const { kind, params } = words[word]!.layer(numbers, this.#dims);
    checkNumbers(kind, params, token);
    if (ACTIVATED.has(word)) {
      // The normalization adds the bias, and the activation comes after it.
      if (this.#items[index + 1]?.word === 'bn') this.#sketch.add(kind, { ...params, useBias: false });
      else this.#sketch.add(kind, withActivation(params, this.#activationOf(index)));
      return;
    }
    const sequence = RECURRENT.has(word) && this.#needsSteps(index + 1);
    const named = RECURRENT.has(word) ? this.#namedActivation(index) : null;
    this.#sketch.add(kind, {
      ...params,
      ...(named === null ? {} : { activation: named }),
      ...(sequence ? { returnSequences: true } : {}),
    });
    if (word === 'gap' || word === 'flatten' || (RECURRENT.has(word) && !sequence)) this.#flat = true;
    if (word === 'embed') {
      this.#hasSteps = this.#flat;
      this.#flat = false;
    }
    if (word === 'bn' && this.#isActivated(index - 1)) {
      this.#sketch.add('Activation', { activation: this.#activationOf(index - 1) });
    }
  }

  #requireSequence(token: Token): void {
    const isSequence = this.#shape === null || (!this.#flat && (this.#hasSteps || this.#shape.length === 2));
    if (isSequence) return;
    const received = this.#flat ? 'a row of values' : 'an image';
    throw new LineFault(token, `${token.text} needs a sequence; received ${received}.`);
  }

  #flatten(): void {
    if (this.#items.some(({ word }) => word === 'flatten')) return;
    this.#sketch.add('Flatten');
    this.#flat = true;
  }

  #isActivated(index: number): boolean {
    return ACTIVATED.has(this.#items[index]?.word ?? '');
  }

  /**
   * Index of the layer to which an activation word belongs: the layer directly before it, or before
   * that layer's normalization, unless it has an activation. Null if there is none.
   */
  #ownerOf(index: number): number | null {
    const before = this.#items[index - 1]?.word ?? '';
    const owner = before === 'bn' && this.#isActivated(index - 2) ? index - 2 : index - 1;
    const takes = this.#isActivated(owner) || RECURRENT.has(this.#items[owner]?.word ?? '');
    return takes && this.#items[owner]!.activation === null ? owner : null;
  }

  /** Whether the next layer from `index` on reads a sequence. */
  #needsSteps(index: number): boolean {
    const next = this.#items.slice(index).find(({ word }) => !BELONGING.has(word))?.word ?? '';
    return RECURRENT.has(next) || SPATIAL.has(next);
  }

  /** A layer's activation: its own, that of the next word, or else that of the target for the last layer and ReLU for others. */
  #activationOf(index: number): string {
    const { word, numbers } = this.#items[index]!;
    const named = this.#namedActivation(index);
    if (named !== null) return named;
    const last = word === 'dense' && !this.#items.slice(index + 1).some((item) => item.word === 'dense');
    return (last ? this.#outputFor(numbers[0]!)?.activation : null) ?? 'relu';
  }

  #namedActivation(index: number): string | null {
    const nextIndex = this.#items[index + 1]?.word === 'bn' ? index + 2 : index + 1;
    const next = this.#items[nextIndex];
    const isOwn = next?.word === 'activation' && this.#ownerOf(nextIndex) === index;
    return this.#items[index]!.activation ?? (isOwn ? next.activation : null);
  }

  /** The output for a last Dense with `units` units; null if the target needs another number. */
  #outputFor(units: number): OutputFit | null {
    const { output } = this.#fit;
    if (output === null) return usualOutput(units);
    if (output.units === units) return output;
    return units === this.#classes() ? usualOutput(units) : null;
  }

  /** Number of classes of the first target; null if it is a number or not known. */
  #classes(): number | null {
    const target = this.#fit.features?.targets[0];
    return target?.kind === 'classes' ? target.classes.length : null;
  }

  /** Whether a last Dense is the output: by its units, or for classes by its activation. */
  #isEnd(index: number, units: number, output: OutputFit): boolean {
    const classes = this.#classes();
    if (this.#outputFor(units) !== null) {
      if (units !== output.units) this.#notes.push(`The last layer has ${units} units, one for each class.`);
      return true;
    }
    const named = this.#namedActivation(index);
    if (classes === null || (named !== 'softmax' && named !== 'sigmoid')) return false;
    this.#notes.push(`The last layer has ${units} units, but the target has ${classes} classes.`);
    return true;
  }

  /** Adds the output layer for the target if the line does not end with it. */
  #end(): void {
    const { output } = this.#fit;
    if (output === null) return;
    const index = this.#items.findLastIndex(({ word }) => RECURRENT.has(word) || ACTIVATED.has(word));
    const last = this.#items[index];
    if (last?.word === 'dense' && this.#isEnd(index, last.numbers[0]!, output)) return;
    if (!this.#flat) this.#flatten();
    this.#sketch.add('Dense', withActivation({ units: output.units }, output.activation));
    this.#notes.push(`Added Dense ${output.units} at the end for the target.`);
  }
}

/** Usual rank of an example for these layers: 3 for images, 2 for sequences, 1 for rows, also before an Embedding. */
function usualRank(items: readonly Item[]): number {
  const has = (of: ReadonlySet<string>): boolean => items.some(({ word }) => of.has(word));
  if (has(new Set(['embed'])) || !has(SPATIAL)) return 1;
  return has(RECURRENT) ? 2 : 3;
}

/** Requires that the layer exists and accepts these numbers. */
function checkNumbers(kind: string, params: Record<string, JsonValue>, token: Token): void {
  const definition = layerCatalog.get(kind);
  if (definition === undefined)
    throw new LineFault(token, `This data needs the layer ${kind} here, which does not exist.`);
  const [fault] = resolveParameters(definition, params).faults;
  if (fault === undefined) return;
  const { spec, expected, received } = fault;
  throw new LineFault(token, `${kind} expected ${expected} as ${spec.label}; received ${showValue(received)}.`);
}

/**
 * The first number if it is the input's size: it equals the data's number of values, or, without
 * data, the line has several numbers and nothing else.
 */
function inputSizeOf(items: readonly Item[], text: string, fit: Fit): number | null {
  const [first, second] = items;
  if (first === undefined || second === undefined || !/^\s*\d/.test(text) || !mayBeSize(items)) return null;
  const size = first.numbers[0]!;
  if (fit.inputShape !== null) return size === product(fit.inputShape) ? size : null;
  return items.every(({ word }) => word === 'dense') ? size : null;
}

/** False if the first number has an activation or is repeated: then it is a layer. */
function mayBeSize([first, second, third]: readonly Item[]): boolean {
  if (first?.word !== 'dense' || /[*×:]/u.test(first.token.text)) return false;
  const after = second?.word === 'bn' ? third : second;
  if (second === undefined || !BELONGING.has(second.word)) return true;
  return after?.word !== 'activation' && !/[*×]/u.test(second.token.text);
}

/** A note if the first number of a line of numbers is not the input's size, as the user may have meant. */
function otherSize(items: readonly Item[], size: number | null, { inputShape }: Fit): string[] {
  const given = product(inputShape);
  const [first] = items;
  if (size !== null || given === null || items.length < 3 || !mayBeSize(items)) return [];
  if (!items.every(({ word }) => word === 'dense')) return [];
  return [`The data has ${given} values per example, so ${first!.numbers[0]} is a layer.`];
}

function product(shape: readonly number[] | null): number | null {
  return shape === null ? null : shape.reduce((total, size) => total * size, 1);
}

function withActivation(params: Record<string, JsonValue>, activation: string): Record<string, JsonValue> {
  return activation === 'linear' ? params : { ...params, activation, ...initializerFor(activation) };
}

/** The initializer that keeps the variance with this activation. Source: He 2015, LeCun 1998, Glorot 2010. */
function initializerFor(activation: string): Record<string, JsonValue> {
  if (activation === 'selu') return { kernelInitializer: 'lecunNormal' };
  const rectifies = ['relu', 'leakyRelu', 'elu', 'gelu', 'silu', 'mish'].includes(activation);
  return rectifies ? { kernelInitializer: 'heNormal' } : {};
}
