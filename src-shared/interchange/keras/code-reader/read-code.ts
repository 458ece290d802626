import { GENERATED_BY_LAMINA } from '../generations/version.ts';
import type { Json, JsonObject } from '../generations/unchecked-json.ts';
import { isRefused } from '../../import-report.ts';
import type { ImportLoss } from '../../import-report.ts';
import { readKeras } from '../from-keras.ts';
import type { KerasReading } from '../from-keras.ts';
import { ImportLosses } from '../import-losses.ts';
import { CodeLayers } from './code-layers.ts';
import type { Given } from './code-layers.ts';
import { configOf } from './code-model.ts';
import type { CodeLayer, CodeTensor } from './code-model.ts';
import {
  argumentOfClass,
  canonicalPath,
  CodeFault,
  constant,
  constantOf,
  opaqueFault,
  operation,
  unknown,
} from './code-values.ts';
import type { CodeValue } from './code-values.ts';
import { readPython } from './python-syntax.ts';
import type { Expression, Statement } from './python-syntax.ts';
import { signatures } from './signatures.ts';

/** Whether a text may be Python code that defines a Keras model; cheap, for pasting. */
export function looksLikeKerasCode(text: string): boolean {
  if (/^\s*(import|from)\s+(keras|tf_keras|tensorflow)\b/m.test(text)) return true;
  return /\b(Sequential|Model)\s*\(/.test(text) && /\blayers\.|\.add\s*\(|\(\s*\[\s*\w+\(/.test(text);
}

/**
 * Reads Python code that defines a Keras model with literal arguments: imports, constants, `keras.Sequential`,
 * `model.add`, functional calls, `keras.Model`. Nothing is executed. A line that the model needs and that cannot be read is
 * refused with its number.
 */
export function readKerasCode(text: string): Pick<KerasReading, 'sketch' | 'report'> {
  const reader = new CodeReader();
  for (const statement of readPython(text)) reader.read(statement);
  const model = reader.model();
  if (model === null) return { sketch: null, report: { layers: [], losses: reader.losses.all } };
  const { sketch, report } = readKeras(JSON.stringify({ ...configOf(model), generatedBy: GENERATED_BY_LAMINA }));
  const losses = [...reader.losses.all, ...report.losses.map((loss) => withLine(loss, reader.lines))];
  const all = { ...report, losses };
  return { sketch: isRefused(all) ? null : sketch, report: all };
}

function withLine(loss: ImportLoss, lines: ReadonlyMap<string, number>): ImportLoss {
  const line = lines.get(loss.layer?.split('/').at(-1) ?? '');
  return line === undefined ? loss : { ...loss, message: `Line ${line}: ${loss.message}` };
}

/** Functions that make a layer and call it. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  add: 'Add',
  average: 'Average',
  concatenate: 'Concatenate',
  dot: 'Dot',
  maximum: 'Maximum',
  minimum: 'Minimum',
  multiply: 'Multiply',
  subtract: 'Subtract',
};

const INPUTS: ReadonlySet<string> = new Set(['keras.Input', 'keras.layers.Input', 'keras.layers.InputLayer']);
const MODELS: ReadonlySet<string> = new Set(['keras.Model', 'keras.models.Model', 'keras.Functional']);
const SEQUENTIALS: ReadonlySet<string> = new Set(['keras.Sequential', 'keras.models.Sequential']);

/** What these names mean where the code does not import them: parts of a program are often pasted. */
const USUAL_NAMES: readonly (readonly [string, CodeValue])[] = [
  ['keras', 'keras'],
  ['tf', 'tensorflow'],
  ...['layers', 'models', 'initializers', 'regularizers', 'constraints', 'activations'].map((name) => [
    name,
    `keras.${name}`,
  ]),
  ...['Sequential', 'Model', 'Input'].map((name) => [name, `keras.${name}`]),
  ...Object.keys(signatures['layers']!).map((name) => [name, `keras.layers.${name}`]),
].map(([name, path]) => [name!, { kind: 'path', path: path! }] as const);

class CodeReader {
  readonly losses = new ImportLosses();
  /** Line of each layer, by its name. */
  readonly lines = new Map<string, number>();
  readonly #variables = new Map<string, CodeValue>(USUAL_NAMES);
  readonly #layers = new CodeLayers();

  read(statement: Statement): void {
    try {
      this.#statement(statement);
    } catch (error) {
      if (!(error instanceof CodeFault)) throw error;
      if (error.isNew) this.#refuse(error.line, error.message);
      const why = { kind: 'opaque', line: error.line, why: error.message, isReported: true } as const;
      for (const name of namesIn(statement)) this.#variables.set(name, why);
    }
  }

  /** The model named `model`, else the last one that no other model contains; null if something was refused. */
  model(): CodeLayer | null {
    const named = this.#variables.get('model');
    const models = this.#layers.all.filter(({ model }) => model !== null);
    const inner = new Set(models.flatMap(({ model }) => (model?.kind === 'sequential' ? model.layers : [])));
    const free = models.filter((layer) => !inner.has(layer) && layer.calls.length === 0);
    const chosen = named?.kind === 'layer' && named.layer.model !== null ? named.layer : free.at(-1);
    if (this.losses.all.some(({ severity }) => severity === 'refused')) return null;
    if (chosen !== undefined) {
      for (const layer of this.#layers.all) this.lines.set(layer.name, layer.line);
      return chosen;
    }
    this.losses.refuse(
      'code-without-model',
      null,
      'Expected a model in the code, keras.Sequential(…) or keras.Model(inputs, outputs); received none.',
    );
    return null;
  }

  #refuse(line: number, why: string): void {
    this.losses.refuse(
      'code',
      null,
      `Line ${line} cannot be read: ${why}. Code is read, not run: write it with literal values.`,
    );
  }

  #statement(statement: Statement): void {
    const { line } = statement;
    switch (statement.kind) {
      case 'import':
        for (const [local, path] of statement.names) {
          this.#variables.set(local, { kind: 'path', path: canonicalPath(path) });
        }
        return;
      case 'definition': {
        const why = `'${statement.name}' is defined in the code, which is not run`;
        this.#variables.set(statement.name, { kind: 'opaque', line, why, isReported: false });
        return;
      }
      case 'expression':
        this.#value(statement.value);
        return;
      case 'assignment': {
        const value = this.#value(statement.value);
        for (const target of statement.targets) this.#assign(target, value);
        return;
      }
      case 'unreadable':
        throw new CodeFault(line, statement.why);
    }
  }

  #assign(target: Expression, value: CodeValue): void {
    if (target.kind === 'name') {
      this.#variables.set(target.name, value);
      this.#layers.nameAfter(target.name, value);
    } else if (target.kind === 'list') {
      target.items.forEach((item, index) => {
        const part = value.kind === 'list' ? (value.items[index] ?? constant(null)) : value;
        this.#assign(item, part);
      });
    } else if (target.kind === 'member') {
      const object = this.#value(target.object);
      if (object.kind === 'opaque' && object.isReported) throw opaqueFault(object);
      if (object.kind !== 'layer') return;
      if (target.name !== 'trainable' || value.kind !== 'constant' || typeof value.value !== 'boolean') {
        throw new CodeFault(target.line, `'${target.name}' of a layer is not read`);
      }
      object.layer.trainable = value.value;
    } else if (target.kind === 'unreadable') throw new CodeFault(target.line, target.why);
  }

  #value(expression: Expression): CodeValue {
    const { line } = expression;
    switch (expression.kind) {
      case 'constant':
        return constant(expression.value);
      case 'name':
        return this.#variables.get(expression.name) ?? unknown(line, `'${expression.name}' is not known`);
      case 'list': {
        const items = expression.items.map((item) => this.#value(item));
        const values = items.map((item) => (item.kind === 'constant' ? item.value : undefined));
        return values.includes(undefined) ? { kind: 'list', items } : constant(values);
      }
      case 'dictionary': {
        const entries = expression.entries.map(([key, value]) => [this.#value(key), this.#value(value)] as const);
        const json = entries.map(([key, value]) => [constantOf(key, line), argumentOfClass(value, line, configOf)]);
        return constant(Object.fromEntries(json) as JsonObject);
      }
      case 'operation': {
        const operands = expression.operands.map((operand) => this.#value(operand));
        return operation(expression.operator, operands, line);
      }
      case 'member':
        return this.#member(this.#value(expression.object), expression.name, line);
      case 'index':
        return this.#item(this.#value(expression.object), this.#value(expression.index), line);
      case 'call': {
        const callee = this.#value(expression.callee);
        const positional = expression.arguments.positional.map((each) => this.#value(each));
        const keywords = new Map(expression.arguments.keywords.map(([name, each]) => [name, this.#value(each)]));
        return this.#call(callee, { positional, keywords }, line);
      }
      case 'unreadable':
        return unknown(line, expression.why);
    }
  }

  #member(object: CodeValue, name: string, line: number): CodeValue {
    if (object.kind === 'path') return { kind: 'path', path: canonicalPath(`${object.path}.${name}`) };
    if (object.kind !== 'layer') return object.kind === 'opaque' ? object : unknown(line, `'.${name}' is not read`);
    const { model } = object.layer;
    const ends: Readonly<Record<string, readonly CodeTensor[]>> =
      model?.kind === 'functional'
        ? { input: model.inputs, inputs: model.inputs, output: model.outputs, outputs: model.outputs }
        : {};
    const tensors = Object.hasOwn(ends, name) ? ends[name]! : null;
    if (tensors === null) return { kind: 'method', layer: object.layer, name };
    const items = tensors.map((tensor): CodeValue => ({ kind: 'tensor', tensor }));
    return items.length === 1 && !name.endsWith('s') ? items[0]! : { kind: 'list', items };
  }

  #item(object: CodeValue, index: CodeValue, line: number): CodeValue {
    if (object.kind === 'opaque') return object;
    const at = index.kind === 'constant' && typeof index.value === 'number' ? index.value : NaN;
    if (object.kind === 'list') return object.items.at(at) ?? unknown(line, 'this index is not read');
    const values = object.kind === 'constant' && Array.isArray(object.value) ? (object.value as readonly Json[]) : [];
    return values.at(at) === undefined ? unknown(line, 'this index is not read') : constant(values.at(at)!);
  }

  #call(callee: CodeValue, given: Given, line: number): CodeValue {
    if (callee.kind === 'layer') return this.#layers.call(callee.layer, given, line);
    if (callee.kind === 'method') return this.#layers.callMethod(callee.layer, callee.name, given, line);
    if (callee.kind === 'opaque') return callee.isReported ? callee : { ...callee, line };
    if (callee.kind !== 'path') throw new CodeFault(line, 'this is not a layer or a class');
    const { path } = callee;
    if (INPUTS.has(path)) return this.#layers.input(given, line);
    if (MODELS.has(path)) return this.#layers.functional(given, line);
    if (SEQUENTIALS.has(path)) return this.#layers.sequential(given, line);
    const [root, module = '', name = ''] = path.split('.');
    if (root !== 'keras') return unknown(line, `'${path}(…)' is not read`);
    if (module === 'layers' && Object.hasOwn(FUNCTIONS, name)) {
      const [inputs, ...rest] = given.positional;
      const layer = this.#layers.make(FUNCTIONS[name]!, { ...given, positional: rest }, line);
      return this.#layers.call(layer, { positional: inputs === undefined ? [] : [inputs], keywords: new Map() }, line);
    }
    if (module === 'layers') return { kind: 'layer', layer: this.#layers.make(name, given, line) };
    if (['initializers', 'regularizers', 'constraints'].includes(module)) {
      const className = classNameOf(name);
      const config = this.#layers.argumentsOf(module, className, given, line);
      return {
        kind: 'object',
        json: { module: `keras.${module}`, class_name: className, config, registered_name: null },
      };
    }
    return unknown(line, `'${path}(…)' is not read`);
  }
}

/** 'l1_l2' → 'L1L2', 'he_normal' → 'HeNormal': Keras has both names. */
function classNameOf(name: string): string {
  return /^[a-z]/.test(name)
    ? name
        .split('_')
        .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
        .join('')
    : name;
}

/** Names that a statement would define. */
function namesIn(statement: Statement): string[] {
  if (statement.kind !== 'assignment') return [];
  const inside = (target: Expression): string[] => {
    if (target.kind === 'list') return target.items.flatMap(inside);
    return target.kind === 'name' ? [target.name] : [];
  };
  return statement.targets.flatMap(inside);
}
