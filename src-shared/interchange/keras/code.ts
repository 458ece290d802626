import { snakeCase } from '../../document/schema/names.ts';
import { factsOf, requiredArguments } from './keras-layers.ts';
import { callsByLayer, isExpression, isKerasObject, isSequential, layerOf } from './keras-model.ts';
import type { KerasLayer, KerasModel } from './keras-model.ts';
import type { KerasArguments, KerasValue } from '../../layers/parameters/keras-value.ts';

/** Maximum line length. */
const WIDTH = 100;

/** Number of problems listed in the code. */
const MOST_NAMED = 3;

/**
 * The model as Python code for Keras 3: Sequential if it is a chain, else Functional.
 * @param problems Errors of the model, written as a comment at the top: such code does not run.
 */
export function kerasCode(model: KerasModel, problems: readonly string[] = []): string {
  const definition = isSequential(model) ? sequential(model) : functional(model);
  const body = [...definition, ...freezing(model, 'model')];
  const notes = [...warning(problems), ...model.notes.map((note) => `# ${note}`)];
  const head = ['import keras', 'from keras import layers', ''];
  return [...head, ...notes, ...(notes.length > 0 ? [''] : []), ...body, ''].join('\n');
}

/** The lines that freeze layers which Keras can only freeze when they are built. @param owner Python expression of the model. */
export function freezing({ layers }: KerasModel, owner: string): string[] {
  return [...callsByLayer(layers)].flatMap(([name, [first]]) => {
    const layer = `${owner}.get_layer(${python(name)})`;
    if (first.model !== undefined) return freezing(first.model, layer);
    return isFrozenWhenBuilt(first) ? [`${layer}.trainable = False`] : [];
  });
}

function isFrozenWhenBuilt({ className, trainable }: KerasLayer): boolean {
  return !trainable && factsOf(className)?.frozenWhenBuilt === true;
}

function warning(problems: readonly string[]): string[] {
  if (problems.length === 0) return [];
  const named = problems.slice(0, MOST_NAMED).map((problem) => `# - ${problem.replace(/\s+/g, ' ')}`);
  const more = problems.length - named.length;
  return [
    '# The model has errors, so this code does not run yet:',
    ...named,
    ...(more > 0 ? [`# - and ${more} more`] : []),
  ];
}

function sequential({ name, layers }: KerasModel): string[] {
  const counts = new Map<string, number>();
  // Keras counts the layers of each class that have no name.
  const isAutomatic = ({ className, name: own }: KerasLayer): boolean => {
    const count = counts.get(className) ?? 0;
    const fits = own === (count === 0 ? snakeCase(className) : `${snakeCase(className)}_${count}`);
    if (fits) counts.set(className, count + 1);
    return fits;
  };
  const lines = layers.map((layer) => `        ${layerCall(layer, 8, isAutomatic(layer))},`);
  return ['model = keras.Sequential(', '    [', ...lines, '    ],', `    name=${python(name)},`, ')'];
}

function functional(model: KerasModel): string[] {
  const variables = variableNames(wantedNames(model, ''));
  const variable = (key: string): string => variables.get(key) ?? key;
  return [...definitions(model, '', variable), '', `model = ${modelCall(model, '', variable)}`];
}

/** The lines that define the layers of a model and call them. @param path Prefix of the keys of the model's layers. */
function definitions({ layers }: KerasModel, path: string, variable: (key: string) => string): string[] {
  const calls = callsByLayer(layers);
  return layers.flatMap((layer): string[] => {
    const name = layerOf(layer);
    const inputs = layerInputs(layer, (input) => variable(path + input));
    const call = layer.className === 'InputLayer' ? '' : `(${inputs})`;
    const result = variable(path + layer.name);
    if (!isKept(calls, layer)) {
      // The variable has the name that Keras could give.
      const isAutomatic = result === name && new RegExp(`^${snakeCase(layer.className)}(_\\d+)?$`).test(name);
      return [`${result} = ${layerCall({ ...layer, name }, 0, isAutomatic)}${call}`];
    }
    const kept = variable(keptKey(path + name));
    const called = `${result} = ${kept}${call}`;
    if (calls.get(name)![0] !== layer) return [called];
    if (layer.model === undefined) return [`${kept} = ${layerCall({ ...layer, name }, 0, false)}`, called];
    const inside = `${path}${name}/`;
    return [
      ...definitions(layer.model, inside, variable),
      `${kept} = ${modelCall(layer.model, inside, variable)}`,
      called,
    ];
  });
}

function modelCall({ name, layers, outputs }: KerasModel, path: string, variable: (key: string) => string): string {
  const list = (names: readonly string[]): string => {
    const all = names.map((each) => variable(path + each));
    return all.length === 1 ? all[0]! : `[${all.join(', ')}]`;
  };
  const inputs = layers.filter(({ className }) => className === 'InputLayer').map((layer) => layer.name);
  return `keras.Model(inputs=${list(inputs)}, outputs=${list(outputs)}, name=${python(name)})`;
}

/** Whether a variable keeps the layer itself, to call it several times. */
function isKept(calls: ReturnType<typeof callsByLayer>, layer: KerasLayer): boolean {
  const [first, ...further] = calls.get(layerOf(layer))!;
  return further.length > 0 || first.model !== undefined;
}

const keptKey = (layer: string): string => `the layer ${layer}`;

/** Names that variables are made from, by key: one for each result, and one for each layer that a variable keeps. */
function wantedNames({ layers }: KerasModel, path: string): [key: string, name: string][] {
  const calls = callsByLayer(layers);
  return layers.flatMap((layer): [string, string][] => {
    const name = path + layerOf(layer);
    const isFirst = calls.get(layerOf(layer))![0] === layer;
    const end = layer.model === undefined ? 'layer' : 'model';
    return [
      ...(layer.model === undefined ? [] : wantedNames(layer.model, `${name}/`)),
      ...(isFirst && isKept(calls, layer) ? ([[keptKey(name), `${name}_${end}`]] satisfies [string, string][]) : []),
      [path + layer.name, path + layer.name],
    ];
  });
}

function layerInputs({ className, inputs, call = {} }: KerasLayer, variable: (name: string) => string): string {
  const values = inputs.map(variable);
  const separate = values.length === 1 || factsOf(className)?.separateInputs === true;
  const named = Object.entries(call).map(([key, value]) => `${key}=${python(value)}`);
  return [...(separate ? values : [`[${values.join(', ')}]`]), ...named].join(', ');
}

/** @param isAutomatic Whether Keras names the layer so by itself. */
function layerCall(layer: KerasLayer, indent: number, isAutomatic: boolean): string {
  const { className, name, trainable, config } = layer;
  if (className === 'InputLayer') {
    const shape = config['batch_shape'] as readonly KerasValue[];
    return `keras.Input(shape=${python(shape.slice(1))}, name=${python(name)})`;
  }
  const isLookedUp = factsOf(className)?.named === true || isFrozenWhenBuilt(layer);
  const isFrozen = !trainable && !isFrozenWhenBuilt(layer);
  const own = { ...(isFrozen ? { trainable: false } : {}), ...(isAutomatic && !isLookedUp ? {} : { name }) };
  return call(`layers.${className}`, className, { ...config, ...own }, indent);
}

function call(callee: string, className: string, config: KerasArguments, indent: number): string {
  const positional = requiredArguments(className).filter((key) => Object.hasOwn(config, key));
  const given = [
    ...positional.map((key) => python(config[key]!)),
    ...Object.entries(config)
      .filter(([key]) => !positional.includes(key))
      .map(([key, value]) => `${key}=${python(value)}`),
  ];
  const line = `${callee}(${given.join(', ')})`;
  if (indent + line.length <= WIDTH) return line;
  const pad = ' '.repeat(indent);
  return `${callee}(\n${given.map((argument) => `${pad}    ${argument},`).join('\n')}\n${pad})`;
}

/** A value as Python code; lists become tuples. */
export function python(value: KerasValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (isExpression(value)) return value.python;
  if (isKerasObject(value)) {
    const callee = value.module === 'layers' ? 'layers' : `keras.${value.module}`;
    return call(`${callee}.${value.className}`, value.className, value.config, -Infinity);
  }
  const items = value.map(python);
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
}

/** Names that variables must not have. */
const RESERVED =
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield keras layers model'.split(
    ' ',
  );

/** A unique Python variable for each key, made from its name. */
function variableNames(wanted: readonly (readonly [key: string, name: string])[]): Map<string, string> {
  const taken = new Set(RESERVED);
  const names = new Map<string, string>();
  for (const [key, name] of wanted) {
    const base = name.replace(/\W/g, '_').replace(/^(?=\d)/, '_') || 'layer';
    let variable = base;
    for (let number = 1; taken.has(variable); number++) variable = `${base}_${number}`;
    taken.add(variable);
    names.set(key, variable);
  }
  return names;
}
