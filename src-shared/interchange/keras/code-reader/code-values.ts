import type { Json, JsonObject } from '../generations/unchecked-json.ts';
import type { CodeArgument, CodeLayer } from './code-model.ts';
import { CodeTensor } from './code-model.ts';

/** A place of the code that cannot be read. */
export class CodeFault extends Error {
  readonly line: number;
  /** False: an earlier line has been reported as the cause. */
  readonly isNew: boolean;

  constructor(line: number, why: string, isNew = true) {
    super(why);
    this.line = line;
    this.isNew = isNew;
  }
}

/** Value of an expression. */
export type CodeValue =
  | { readonly kind: 'constant'; readonly value: Json }
  | { readonly kind: 'list'; readonly items: readonly CodeValue[] }
  /** A module, class or function: 'keras.layers.Dense'. */
  | { readonly kind: 'path'; readonly path: string }
  /** An initializer, regularizer or constraint. */
  | { readonly kind: 'object'; readonly json: JsonObject }
  /** A layer or a model. */
  | { readonly kind: 'layer'; readonly layer: CodeLayer }
  | { readonly kind: 'method'; readonly layer: CodeLayer; readonly name: string }
  | { readonly kind: 'tensor'; readonly tensor: CodeTensor }
  /** Something that is not read; it is an error only where the model needs it. */
  | { readonly kind: 'opaque'; readonly line: number; readonly why: string; readonly isReported: boolean };

export type CodeConstant = Extract<CodeValue, { kind: 'constant' }>;

export const constant = (value: Json): CodeConstant => ({ kind: 'constant', value });

export function opaqueFault({ line, why, isReported }: Extract<CodeValue, { kind: 'opaque' }>): CodeFault {
  return new CodeFault(line, why, !isReported);
}

/** Canonical path of a module or class: 'tf.keras.layers.core.Dense' → 'keras.layers.Dense'. */
export function canonicalPath(path: string): string {
  const own = path.replace(/^(tensorflow|tf)\.(python\.)?keras\b/, 'keras').replace(/^tf_keras\b/, 'keras');
  const [root, module, ...rest] = own.split('.');
  if (root !== 'keras' || module === undefined || rest.length === 0) return own;
  return [root, module === 'api' ? rest[0] : module, rest.at(-1)].join('.');
}

/** The activation function that a path names, as Keras writes it; null: it is none. */
function activationOf(path: string): string | null {
  const [, name] = /^(?:keras\.activations|keras\.ops|tensorflow\.nn)\.(\w+)$/.exec(path) ?? [];
  return name ?? null;
}

/** A value as an argument of a layer's class, in JSON. @throws CodeFault. */
export function argumentOfClass(value: CodeValue, line: number, serialized: (layer: CodeLayer) => Json): Json {
  switch (value.kind) {
    case 'constant':
      return value.value;
    case 'list':
      return value.items.map((item) => argumentOfClass(item, line, serialized));
    case 'object':
      return value.json;
    case 'layer':
      return serialized(value.layer);
    case 'path': {
      const activation = activationOf(value.path);
      if (activation !== null) return activation;
      const [, module, name = ''] = value.path.split('.');
      // A class in place of an instance: Keras makes one without arguments.
      if (module === 'initializers' || module === 'regularizers' || module === 'constraints') return name;
      throw new CodeFault(line, `'${value.path}' is not read as an argument`);
    }
    case 'opaque':
      throw opaqueFault(value);
    default:
      throw new CodeFault(line, 'an output of a layer is not read as an argument of a class');
  }
}

/** A value as an argument of a layer's call. @throws CodeFault. */
export function argumentOfCall(value: CodeValue, line: number): CodeArgument {
  switch (value.kind) {
    case 'tensor':
      return value.tensor;
    case 'constant':
      return value.value;
    case 'list':
      return value.items.map((item) => argumentOfCall(item, line));
    case 'opaque':
      throw opaqueFault(value);
    default:
      throw new CodeFault(line, 'a layer is called with outputs of layers and with constants; this is neither');
  }
}

/** @throws CodeFault if these are not outputs of layers. */
export function tensorsOf(value: CodeValue, line: number): CodeTensor[] {
  const given = argumentOfCall(value, line);
  const all = (Array.isArray(given) ? given : [given]) as readonly CodeArgument[];
  return all.map((each) => {
    if (each instanceof CodeTensor) return each;
    throw new CodeFault(line, 'expected outputs of layers');
  });
}

/** Arithmetic of constants as in Python, and joining of strings. @throws CodeFault. */
export function operation(operator: string, operands: readonly CodeValue[], line: number): CodeValue {
  const opaque = operands.find(({ kind }) => kind === 'opaque');
  if (opaque?.kind === 'opaque') throw opaqueFault(opaque);
  if (operands.some(({ kind }) => kind === 'tensor')) {
    throw new CodeFault(
      line,
      `'${operator}' between outputs of layers is not read. Use a layer: layers.Add, Multiply, …`,
    );
  }
  const values = operands.map((operand) => (operand.kind === 'constant' ? operand.value : undefined));
  const result = calculated(operator, values);
  if (result !== null && (typeof result !== 'number' || Number.isFinite(result))) return constant(result);
  throw new CodeFault(line, `'${operator}' is not read here`);
}

function calculated(operator: string, [a, b]: readonly Json[]): Json {
  if (operator === 'not' && typeof a === 'boolean') return !a;
  if (typeof a === 'string' && typeof b === 'string' && operator === '+') return a + b;
  if (typeof a !== 'number') return null;
  if (b === undefined) return operator === '-' ? -a : operator === '+' ? a : null;
  if (typeof b !== 'number') return null;
  const results: Readonly<Record<string, () => number>> = {
    '+': () => a + b,
    '-': () => a - b,
    '*': () => a * b,
    '/': () => a / b,
    '//': () => Math.floor(a / b),
    // The result has the sign of the divisor.
    '%': () => a - b * Math.floor(a / b),
    '**': () => a ** b,
  };
  return results[operator]?.() ?? null;
}

/** A value that is not read; an error only where the model needs it. */
export const unknown = (line: number, why: string): CodeValue => ({ kind: 'opaque', line, why, isReported: false });

/** @throws CodeFault. */
export function constantOf(value: CodeValue, line: number): Json {
  if (value.kind === 'constant') return value.value;
  throw value.kind === 'opaque' ? opaqueFault(value) : new CodeFault(line, 'expected a constant');
}
