import type { Json, JsonObject } from '../generations/unchecked-json.ts';

/** Layers, tensors and models that Python code makes, and the Keras configuration of a model. */

/** An instance of a layer class, or of a model. */
export interface CodeLayer {
  readonly className: string;
  readonly module: string;
  name: string;
  readonly line: number;
  /** Without `name` and `trainable`. Empty for models. */
  readonly config: Readonly<Record<string, Json>>;
  trainable: boolean;
  /** Calls in order, with their arguments. */
  readonly calls: CodeCall[];
  readonly model: CodeModel | null;
}

export interface CodeCall {
  /** Position among all calls of the code. */
  readonly order: number;
  readonly positional: readonly CodeArgument[];
  readonly keywords: Readonly<Record<string, CodeArgument>>;
}

export type CodeArgument = Json | CodeTensor | readonly CodeArgument[];

/** Output of a call of a layer. */
export class CodeTensor {
  readonly layer: CodeLayer;
  readonly call: number;
  /** Of several outputs of a model. */
  readonly output: number;

  constructor(layer: CodeLayer, call: number, output = 0) {
    this.layer = layer;
    this.call = call;
    this.output = output;
  }
}

export type CodeModel =
  | { readonly kind: 'sequential'; readonly layers: CodeLayer[] }
  | { readonly kind: 'functional'; readonly inputs: readonly CodeTensor[]; readonly outputs: readonly CodeTensor[] };

/** The configuration of a layer or a model, as Keras 3 writes it. @throws CodeFault if an input of a model is missing. */
export function configOf(layer: CodeLayer): JsonObject {
  const { className, module, name, config, model, trainable } = layer;
  const own = { name, ...(trainable ? {} : { trainable }) };
  if (model === null) return { module, class_name: className, config: { ...own, ...config }, registered_name: null };
  if (model.kind === 'sequential') {
    return {
      module: 'keras',
      class_name: 'Sequential',
      config: { ...own, layers: model.layers.map(configOf) },
      registered_name: null,
    };
  }
  return {
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config: { ...own, ...functionalConfig(model) },
    registered_name: 'Functional',
  };
}

function functionalConfig({ inputs, outputs }: Extract<CodeModel, { kind: 'functional' }>): JsonObject {
  const calls = callsUpTo(outputs);
  for (const input of inputs) if (!calls.has(input.layer)) calls.set(input.layer, new Set([input.call]));
  /** A model has only the calls that lead to its outputs, counted from 0. */
  const numberOf = ({ layer, call }: CodeTensor): number =>
    [...calls.get(layer)!].toSorted((a, b) => a - b).indexOf(call);
  const argument = (value: CodeArgument): Json => {
    if (value instanceof CodeTensor) {
      const history = [value.layer.name, numberOf(value), value.output];
      return { class_name: '__keras_tensor__', config: { shape: null, keras_history: history } };
    }
    return Array.isArray(value) ? (value as readonly CodeArgument[]).map(argument) : (value as Json);
  };
  const layers = [...calls].map(([layer, made]): JsonObject => {
    const nodes = [...made]
      .toSorted((a, b) => a - b)
      .map((call) => layer.calls[call]!)
      .filter(({ positional }) => positional.length > 0 || layer.className !== 'InputLayer')
      .map(({ positional, keywords }) => ({
        args: positional.map(argument),
        kwargs: Object.fromEntries(Object.entries(keywords).map(([key, value]) => [key, argument(value)])),
      }));
    return { ...configOf(layer), name: layer.name, inbound_nodes: nodes };
  });
  // In the outputs of a model Keras counts the calls of nested Functional models from 1.
  const end = (tensor: CodeTensor): Json => {
    const first = tensor.layer.model?.kind === 'functional' ? 1 : 0;
    return [tensor.layer.name, numberOf(tensor) + first, tensor.output];
  };
  return { layers, input_layers: inputs.map((input) => [input.layer.name, 0, 0]), output_layers: outputs.map(end) };
}

/** All calls that the outputs depend on, by layer; the layers in the order in which the code calls them first. */
function callsUpTo(outputs: readonly CodeTensor[]): Map<CodeLayer, Set<number>> {
  const found = new Map<CodeLayer, Set<number>>();
  const pending = [...outputs];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const { layer, call } = at;
    const known = found.get(layer) ?? new Set();
    if (known.has(call)) continue;
    found.set(layer, known.add(call));
    pending.push(...tensorsIn(layer.calls[call]!));
  }
  const orderOf = ([layer, calls]: [CodeLayer, Set<number>]): number => layer.calls[Math.min(...calls)]!.order;
  return new Map([...found].toSorted((a, b) => orderOf(a) - orderOf(b)));
}

/** The tensors that a call reads. */
export function tensorsIn({ positional, keywords }: Pick<CodeCall, 'positional' | 'keywords'>): CodeTensor[] {
  const inside = (value: CodeArgument): CodeTensor[] => {
    if (value instanceof CodeTensor) return [value];
    return Array.isArray(value) ? (value as readonly CodeArgument[]).flatMap(inside) : [];
  };
  return [...positional, ...Object.values(keywords)].flatMap(inside);
}

/** The Inputs that tensors depend on. */
export function inputsOf(outputs: readonly CodeTensor[]): Set<CodeLayer> {
  return new Set([...callsUpTo(outputs).keys()].filter(({ className }) => className === 'InputLayer'));
}

/** The layer of a name in a model; undefined: there is none. */
export function layerNamed(model: CodeModel, name: string): CodeLayer | undefined {
  const layers = model.kind === 'sequential' ? model.layers : [...callsUpTo(model.outputs).keys()];
  return layers.find((layer) => layer.name === name);
}
