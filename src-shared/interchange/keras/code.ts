import { snakeCase } from '../../document/schema/names.ts';
import { factsOf, requiredArguments } from './keras-layers.ts';
import { isExpression, isKerasObject, isSequential } from './keras-model.ts';
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
  const body = isSequential(model) ? sequential(model) : functional(model);
  const notes = [...warning(problems), ...model.notes.map((note) => `# ${note}`)];
  const head = ['import keras', 'from keras import layers', ''];
  return [...head, ...notes, ...(notes.length > 0 ? [''] : []), ...body, ''].join('\n');
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
  const lines = layers.map((layer) => `        ${layerCall(layer, 8)},`);
  return ['model = keras.Sequential(', '    [', ...lines, '    ],', `    name=${python(name)},`, ')'];
}

function functional({ name, layers, outputs }: KerasModel): string[] {
  const variables = variableNames(layers);
  const variable = (layer: string): string => variables.get(layer) ?? layer;
  const lines = layers.map((layer) => {
    const call = layer.className === 'InputLayer' ? '' : `(${layerInputs(layer, variable)})`;
    return `${variable(layer.name)} = ${layerCall(layer, 0)}${call}`;
  });
  const inputs = layers.filter(({ className }) => className === 'InputLayer').map((layer) => variable(layer.name));
  const list = (names: readonly string[]): string => (names.length === 1 ? names[0]! : `[${names.join(', ')}]`);
  const ends = `inputs=${list(inputs)}, outputs=${list(outputs.map(variable))}`;
  return [...lines, '', `model = keras.Model(${ends}, name=${python(name)})`];
}

function layerInputs({ className, inputs, call = {} }: KerasLayer, variable: (name: string) => string): string {
  const values = inputs.map(variable);
  const separate = values.length === 1 || factsOf(className)?.separateInputs === true;
  const named = Object.entries(call).map(([key, value]) => `${key}=${python(value)}`);
  return [...(separate ? values : [`[${values.join(', ')}]`]), ...named].join(', ');
}

function layerCall({ className, name, trainable, config }: KerasLayer, indent: number): string {
  if (className === 'InputLayer') {
    const shape = config['batch_shape'] as readonly KerasValue[];
    return `keras.Input(shape=${python(shape.slice(1))}, name=${python(name)})`;
  }
  const isAutomatic = factsOf(className)?.named !== true && new RegExp(`^${snakeCase(className)}(_\\d+)?$`).test(name);
  const own = { ...(trainable ? {} : { trainable: false }), ...(isAutomatic ? {} : { name }) };
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

/** A unique Python variable for each layer, made from its name. */
function variableNames(layers: readonly KerasLayer[]): Map<string, string> {
  const taken = new Set(RESERVED);
  const names = new Map<string, string>();
  for (const { name } of layers) {
    const base = name.replace(/\W/g, '_').replace(/^(?=\d)/, '_') || 'layer';
    let variable = base;
    for (let number = 1; taken.has(variable); number++) variable = `${base}_${number}`;
    taken.add(variable);
    names.set(name, variable);
  }
  return names;
}
