import { snakeCase } from '../../../document/schema/names.ts';
import { GENERATED_BY_LAMINA } from '../generations/version.ts';
import type { Json, JsonObject } from '../generations/unchecked-json.ts';
import { isRefused } from '../../import-report.ts';
import type { ImportLoss } from '../../import-report.ts';
import { readKeras } from '../from-keras.ts';
import type { KerasReading } from '../from-keras.ts';
import { ownValue } from '../../../text/own-value.ts';
import { snake } from '../../../layers/parameters/keras-value.ts';
import { layerOfKeras } from '../keras-layers.ts';
import { ImportLosses } from '../import-losses.ts';
import { configOf, inputsOf, layerNamed, tensorsIn } from './code-model.ts';
import type { CodeArgument, CodeLayer, CodeModel } from './code-model.ts';
import { CodeTensor } from './code-model.ts';
import {
  argumentOfCall,
  argumentOfClass,
  canonicalPath,
  CodeFault,
  constant,
  opaqueFault,
  operation,
  tensorsOf,
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

/** Methods of models that do not change what a model computes. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(
  'compile fit evaluate predict summary build save save_weights get_config to_json adapt count_params'.split(' '),
);

/** Arguments that files always have, and code may leave out. */
const DEFAULTS: Readonly<Record<string, JsonObject>> = { Rescaling: { offset: 0 } };

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

/** Values of a call, by position and by name. */
interface Given {
  readonly positional: readonly CodeValue[];
  readonly keywords: ReadonlyMap<string, CodeValue>;
}

class CodeReader {
  readonly losses = new ImportLosses();
  /** Line of each layer, by its name. */
  readonly lines = new Map<string, number>();
  readonly #variables = new Map<string, CodeValue>(USUAL_NAMES);
  readonly #counts = new Map<string, number>();
  readonly #layers: CodeLayer[] = [];
  readonly #unnamed = new Set<CodeLayer>();
  #calls = 0;

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
    const models = this.#layers.filter(({ model }) => model !== null);
    const inner = new Set(models.flatMap(({ model }) => (model?.kind === 'sequential' ? model.layers : [])));
    const free = models.filter((layer) => !inner.has(layer) && layer.calls.length === 0);
    const chosen = named?.kind === 'layer' && named.layer.model !== null ? named.layer : free.at(-1);
    if (this.losses.all.some(({ severity }) => severity === 'refused')) return null;
    if (chosen !== undefined) {
      for (const layer of this.#layers) this.lines.set(layer.name, layer.line);
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
      this.#nameAfter(target.name, value);
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

  /** A layer without a name gets that of its variable, if Keras could have given it: `dense_1 = layers.Dense(8)(x)`. */
  #nameAfter(variable: string, value: CodeValue): void {
    const layer = value.kind === 'tensor' ? value.tensor.layer : value.kind === 'layer' ? value.layer : null;
    if (layer === null || !this.#unnamed.has(layer)) return;
    this.#unnamed.delete(layer);
    const fits = new RegExp(`^${snakeCase(layer.className)}(_\\d+)?$`).test(variable);
    if (fits && this.#layers.every((other) => other === layer || other.name !== variable)) layer.name = variable;
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
    if (callee.kind === 'layer') return this.#callLayer(callee.layer, given, line);
    if (callee.kind === 'method') return this.#callMethod(callee.layer, callee.name, given, line);
    if (callee.kind === 'opaque') return callee.isReported ? callee : { ...callee, line };
    if (callee.kind !== 'path') throw new CodeFault(line, 'this is not a layer or a class');
    const { path } = callee;
    if (INPUTS.has(path)) return this.#input(given, line);
    if (MODELS.has(path)) return this.#functional(given, line);
    if (SEQUENTIALS.has(path)) return this.#sequential(given, line);
    const [root, module = '', name = ''] = path.split('.');
    if (root !== 'keras') return unknown(line, `'${path}(…)' is not read`);
    if (module === 'layers' && Object.hasOwn(FUNCTIONS, name)) {
      const [inputs, ...rest] = given.positional;
      const layer = this.#layer(FUNCTIONS[name]!, { ...given, positional: rest }, line);
      return this.#callLayer(layer, { positional: inputs === undefined ? [] : [inputs], keywords: new Map() }, line);
    }
    if (module === 'layers') return { kind: 'layer', layer: this.#layer(name, given, line) };
    if (['initializers', 'regularizers', 'constraints'].includes(module)) {
      const className = classNameOf(name);
      const config = this.#arguments(module, className, given, line);
      return {
        kind: 'object',
        json: { module: `keras.${module}`, class_name: className, config, registered_name: null },
      };
    }
    return unknown(line, `'${path}(…)' is not read`);
  }

  /** Arguments by name. @throws CodeFault. */
  #arguments(module: string, className: string, { positional, keywords }: Given, line: number): Record<string, Json> {
    const names = ownValue(signatures[module]!, className) ?? [];
    if (positional.length > names.length) {
      throw new CodeFault(line, `argument ${names.length + 1} of ${className} is passed by position; pass it by name`);
    }
    const all = [...positional.map((value, index) => [names[index]!, value] as const), ...keywords];
    return Object.fromEntries(all.map(([name, value]) => [name, argumentOfClass(value, line, configOf)]));
  }

  #layer(className: string, given: Given, line: number): CodeLayer {
    const {
      name,
      trainable = true,
      input_shape: shape,
      input_dim: width,
      ...config
    } = this.#arguments('layers', className, given, line);
    const first = Array.isArray(shape) ? (shape as readonly Json[]) : typeof width === 'number' ? [width] : null;
    // Some layers have an argument of this name.
    const isOwn = width !== undefined && hasArgument(className, 'input_dim');
    const own = {
      ...ownValue(DEFAULTS, className),
      ...config,
      ...(isOwn ? { input_dim: width } : {}),
      ...(first === null || isOwn ? {} : { batch_input_shape: [null, ...first] }),
    };
    return this.#made({ className, module: 'keras.layers', config: own, line, model: null }, name, trainable !== false);
  }

  #made(
    layer: Pick<CodeLayer, 'className' | 'module' | 'config' | 'line' | 'model'>,
    name: Json,
    trainable = true,
  ): CodeLayer {
    const isNamed = typeof name === 'string';
    const made: CodeLayer = { ...layer, name: isNamed ? name : this.#free(layer.className), trainable, calls: [] };
    if (!isNamed) this.#unnamed.add(made);
    this.#layers.push(made);
    return made;
  }

  /** As Keras names layers: 'dense', 'dense_1'. */
  #free(className: string): string {
    const base = snakeCase(className);
    const taken = new Set(this.#layers.map(({ name }) => name));
    for (;;) {
      const count = this.#counts.get(base) ?? 0;
      this.#counts.set(base, count + 1);
      const name = count === 0 ? base : `${base}_${count}`;
      if (!taken.has(name)) return name;
    }
  }

  #input({ positional, keywords }: Given, line: number): CodeValue {
    const given = new Map([...(positional[0] === undefined ? [] : [['shape', positional[0]] as const]), ...keywords]);
    const read = (name: string): Json => {
      const value = given.get(name);
      return value === undefined ? undefined : argumentOfClass(value, line, configOf);
    };
    const shape = read('shape') ?? read('input_shape');
    const batch = read('batch_shape') ?? (Array.isArray(shape) ? [null, ...(shape as readonly Json[])] : undefined);
    if (batch === undefined) throw new CodeFault(line, 'an Input needs its shape as a tuple of numbers');
    const config = { batch_shape: batch, dtype: read('dtype') ?? 'float32' };
    const layer = this.#made(
      { className: 'InputLayer', module: 'keras.layers', config, line, model: null },
      read('name'),
    );
    layer.calls.push({ order: this.#calls++, positional: [], keywords: {} });
    return { kind: 'tensor', tensor: new CodeTensor(layer, 0) };
  }

  #functional({ positional, keywords }: Given, line: number): CodeValue {
    const [inputs, outputs] = ['inputs', 'outputs'].map((name, index) => keywords.get(name) ?? positional[index]);
    if (inputs === undefined || outputs === undefined) throw new CodeFault(line, 'a Model needs inputs and outputs');
    const model = {
      kind: 'functional',
      inputs: tensorsOf(inputs, line),
      outputs: tensorsOf(outputs, line),
    } as const;
    const entries = new Set(model.inputs.map(({ layer }) => layer));
    if ([...entries].some(({ className }) => className !== 'InputLayer')) {
      throw new CodeFault(line, 'a Model that begins after an Input is not read');
    }
    for (const input of inputsOf(model.outputs)) {
      if (!entries.has(input))
        throw new CodeFault(line, `the outputs depend on '${input.name}', which is not an input`);
    }
    return this.#model('Functional', model, keywords.get('name') ?? positional[2], line);
  }

  #sequential({ positional, keywords }: Given, line: number): CodeValue {
    const given = keywords.get('layers') ?? positional[0] ?? constant([]);
    const model: CodeModel = { kind: 'sequential', layers: [] };
    if (given.kind === 'opaque') throw opaqueFault(given);
    for (const item of given.kind === 'list' ? given.items : []) model.layers.push(layerIn(item, line));
    return this.#model('Sequential', model, keywords.get('name') ?? positional[1], line);
  }

  #model(className: string, model: CodeModel, name: CodeValue | undefined, line: number): CodeValue {
    const given = name === undefined ? undefined : constantOf(name, line);
    return { kind: 'layer', layer: this.#made({ className, module: 'keras', config: {}, line, model }, given) };
  }

  #callLayer(layer: CodeLayer, { positional, keywords }: Given, line: number): CodeValue {
    const named = [...keywords].map(([name, value]): [string, CodeArgument] => [name, argumentOfCall(value, line)]);
    const call = {
      positional: positional.map((value) => argumentOfCall(value, line)),
      keywords: Object.fromEntries(named),
    };
    if (tensorsIn(call).length === 0)
      throw new CodeFault(line, `'${layer.name}' is called without an output of a layer`);
    layer.calls.push({ order: this.#calls++, ...call });
    const at = layer.calls.length - 1;
    const outputs = layer.model?.kind === 'functional' ? layer.model.outputs.length : 1;
    const tensors = Array.from({ length: outputs }, (_, output): CodeValue => {
      return { kind: 'tensor', tensor: new CodeTensor(layer, at, output) };
    });
    return tensors.length === 1 ? tensors[0]! : { kind: 'list', items: tensors };
  }

  #callMethod(layer: CodeLayer, name: string, { positional }: Given, line: number): CodeValue {
    const { model } = layer;
    const [first] = positional;
    if (name === 'add' && model?.kind === 'sequential' && first !== undefined) {
      model.layers.push(layerIn(first, line));
      return constant(null);
    }
    if (name === 'get_layer' && model !== null && first?.kind === 'constant' && typeof first.value === 'string') {
      const found = layerNamed(model, first.value);
      if (found === undefined) throw new CodeFault(line, `the model has no layer '${first.value}'`);
      return { kind: 'layer', layer: found };
    }
    if (WITHOUT_EFFECT.has(name)) return unknown(line, `what '.${name}(…)' returns is not read`);
    throw new CodeFault(line, `'.${name}(…)' of a layer or model is not read`);
  }
}

function hasArgument(className: string, argument: string): boolean {
  return layerOfKeras(className)?.parameters.some(({ name }) => snake(name) === argument) === true;
}

const unknown = (line: number, why: string): CodeValue => ({ kind: 'opaque', line, why, isReported: false });

/** A layer of a Sequential. @throws CodeFault. */
function layerIn(value: CodeValue, line: number): CodeLayer {
  if (value.kind === 'layer') return value.layer;
  if (value.kind === 'tensor' && value.tensor.layer.className === 'InputLayer') return value.tensor.layer;
  if (value.kind === 'opaque') throw opaqueFault(value);
  throw new CodeFault(line, 'expected a layer');
}

function constantOf(value: CodeValue, line: number): Json {
  if (value.kind === 'constant') return value.value;
  throw value.kind === 'opaque' ? opaqueFault(value) : new CodeFault(line, 'expected a constant');
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
