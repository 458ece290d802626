import { snakeCase } from '../../../document/schema/names.ts';
import { snake } from '../../../layers/parameters/keras-value.ts';
import { ownValue } from '../../../text/own-value.ts';
import type { Json, JsonObject } from '../generations/unchecked-json.ts';
import { layerOfKeras } from '../keras-layers.ts';
import { CodeTensor, configOf, inputsOf, layerNamed, tensorsIn } from './code-model.ts';
import type { CodeArgument, CodeLayer, CodeModel } from './code-model.ts';
import {
  argumentOfCall,
  argumentOfClass,
  CodeFault,
  constant,
  constantOf,
  opaqueFault,
  tensorsOf,
  unknown,
} from './code-values.ts';
import type { CodeValue } from './code-values.ts';
import { signatures } from './signatures.ts';

/** Methods of models that do not change what a model computes. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(
  'compile fit evaluate predict summary build save save_weights get_config to_json adapt count_params'.split(' '),
);

/** Arguments that files always have, and code may leave out. */
const DEFAULTS: Readonly<Record<string, JsonObject>> = { Rescaling: { offset: 0 } };

/** Values of a call, by position and by name. */
export interface Given {
  readonly positional: readonly CodeValue[];
  readonly keywords: ReadonlyMap<string, CodeValue>;
}

/** The layers and models that Python code makes, and their calls. */
export class CodeLayers {
  /** In the order of the code. */
  readonly all: CodeLayer[] = [];
  readonly #counts = new Map<string, number>();
  readonly #unnamed = new Set<CodeLayer>();
  #calls = 0;

  /** Arguments by name. @throws CodeFault. */
  argumentsOf(module: string, className: string, { positional, keywords }: Given, line: number): Record<string, Json> {
    const names = ownValue(signatures[module]!, className) ?? [];
    if (positional.length > names.length) {
      throw new CodeFault(line, `argument ${names.length + 1} of ${className} is passed by position; pass it by name`);
    }
    const all = [...positional.map((value, index) => [names[index]!, value] as const), ...keywords];
    return Object.fromEntries(all.map(([name, value]) => [name, argumentOfClass(value, line, configOf)]));
  }

  /** @throws CodeFault. */
  make(className: string, given: Given, line: number): CodeLayer {
    const {
      name,
      trainable = true,
      input_shape: shape,
      input_dim: width,
      ...config
    } = this.argumentsOf('layers', className, given, line);
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
    this.all.push(made);
    return made;
  }

  /** As Keras names layers: 'dense', 'dense_1'. */
  #free(className: string): string {
    const base = snakeCase(className);
    const taken = new Set(this.all.map(({ name }) => name));
    for (;;) {
      const count = this.#counts.get(base) ?? 0;
      this.#counts.set(base, count + 1);
      const name = count === 0 ? base : `${base}_${count}`;
      if (!taken.has(name)) return name;
    }
  }

  /** An Input. @throws CodeFault. */
  input({ positional, keywords }: Given, line: number): CodeValue {
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

  /** @throws CodeFault. */
  functional({ positional, keywords }: Given, line: number): CodeValue {
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

  /** @throws CodeFault. */
  sequential({ positional, keywords }: Given, line: number): CodeValue {
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

  /** @returns The layer's output, or a list of several. @throws CodeFault. */
  call(layer: CodeLayer, { positional, keywords }: Given, line: number): CodeValue {
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

  /** @throws CodeFault. */
  callMethod(layer: CodeLayer, name: string, { positional }: Given, line: number): CodeValue {
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

  /** A layer without a name gets that of its variable, if Keras could have given it: `dense_1 = layers.Dense(8)(x)`. */
  nameAfter(variable: string, value: CodeValue): void {
    const layer = value.kind === 'tensor' ? value.tensor.layer : value.kind === 'layer' ? value.layer : null;
    if (layer === null || !this.#unnamed.has(layer)) return;
    this.#unnamed.delete(layer);
    const fits = new RegExp(`^${snakeCase(layer.className)}(_\\d+)?$`).test(variable);
    if (fits && this.all.every((other) => other === layer || other.name !== variable)) layer.name = variable;
  }
}

function hasArgument(className: string, argument: string): boolean {
  return layerOfKeras(className)?.parameters.some(({ name }) => snake(name) === argument) === true;
}

/** A layer of a Sequential. @throws CodeFault. */
function layerIn(value: CodeValue, line: number): CodeLayer {
  if (value.kind === 'layer') return value.layer;
  if (value.kind === 'tensor' && value.tensor.layer.className === 'InputLayer') return value.tensor.layer;
  if (value.kind === 'opaque') throw opaqueFault(value);
  throw new CodeFault(line, 'expected a layer');
}
