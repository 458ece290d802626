import type { OnnxAttributes, OnnxGraph, OnnxNode, OnnxTensor, OnnxType, OnnxValueInfo } from './onnx-model.ts';

/**
 * Collects the nodes of one ONNX graph. Equal constants and equal nodes are written once: all
 * operators used here are deterministic.
 */
export class GraphWriter {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxTensor[] = [];
  readonly #inputs: OnnxValueInfo[] = [];
  readonly #outputs: { readonly value: string; readonly info: OnnxValueInfo }[] = [];
  readonly #known = new Map<string, readonly string[]>();
  /** Names of values that nodes produce. */
  readonly #made = new Set<string>();
  readonly #prefix: string;
  #counter = 0;

  /** @param prefix Prefix of value names; different for nested graphs. */
  constructor(prefix = '%') {
    this.#prefix = prefix;
  }

  /** A writer for a nested graph, which may read values of this one by name. */
  inner(): GraphWriter {
    const writer = new GraphWriter(`${this.#prefix}${this.#counter++}.`);
    writer.scope = this.scope;
    return writer;
  }

  /** A unique name for a value. */
  newName(): string {
    return `${this.#prefix}${this.#counter++}`;
  }

  /** Prefix of node names: the current layer or part of the step. */
  scope = '';

  input(info: OnnxValueInfo): string {
    this.#inputs.push(info);
    return info.name;
  }

  /** Writes a node with one output. */
  node(opType: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string {
    return this.nodes(opType, inputs, 1, attributes)[0]!;
  }

  /** Writes a node with `outputCount` outputs. */
  nodes(
    opType: string,
    inputs: readonly string[],
    outputCount: number,
    attributes: OnnxAttributes = {},
  ): readonly string[] {
    // Loops are not shared: their bodies would make long keys.
    const key = opType === 'Scan' ? null : JSON.stringify([opType, inputs, outputCount, attributes]);
    const known = key === null ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const number = this.#counter++;
    const base = `${this.#prefix}${number}`;
    const outputs = Array.from({ length: outputCount }, (_, index) => `${base}${index === 0 ? '' : `_${index}`}`);
    for (const output of outputs) this.#made.add(output);
    const name = `${this.scope}/${opType}_${base.slice(1)}`;
    this.#nodes.push({ name, opType, inputs, outputs, attributes });
    if (key !== null) this.#known.set(key, outputs);
    return outputs;
  }

  /** A constant of any type; bool as 0 and 1. */
  constant(type: OnnxType, shape: readonly number[], values: readonly (number | bigint)[]): string {
    return this.initializer(type, shape, toBytes(type, values));
  }

  /** A constant from row-major little-endian bytes, which are not copied. */
  initializer(type: OnnxType, shape: readonly number[], bytes: Uint8Array): string {
    const key = bytes.length > 1024 ? null : `${type}[${shape.join()}]${bytes.join()}`;
    const known = key === null ? undefined : this.#known.get(key)?.[0];
    if (known !== undefined) return known;
    const name = `${this.#prefix}c${this.#counter++}`;
    this.#initializers.push({ name, type, shape, bytes });
    if (key !== null) this.#known.set(key, [name]);
    return name;
  }

  float(value: number): string {
    return this.constant('float32', [], [value]);
  }

  /** A vector of int64: shapes, axes, pads. */
  integers(values: readonly number[]): string {
    return this.constant('int64', [values.length], values);
  }

  /** Makes `value` the output `info.name`. */
  output(value: string, info: OnnxValueInfo): void {
    this.#outputs.push({ value, info });
  }

  /**
   * The graph. A value that is an output gets the output's name; inputs, constants and values
   * that are already another output are copied with Identity.
   */
  finish(name: string): OnnxGraph {
    const renamed = new Map<string, string>();
    const copies: OnnxNode[] = [];
    for (const { value, info } of this.#outputs) {
      if (this.#made.has(value) && !renamed.has(value)) renamed.set(value, info.name);
      else
        copies.push({
          name: `output/${info.name}`,
          opType: 'Identity',
          inputs: [value],
          outputs: [info.name],
          attributes: {},
        });
    }
    const rename = (value: string): string => renamed.get(value) ?? value;
    return {
      name,
      nodes: [...this.#nodes, ...copies].map((node) => ({
        ...node,
        inputs: node.inputs.map(rename),
        outputs: node.outputs.map(rename),
      })),
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: this.#outputs.map(({ info }) => info),
    };
  }
}

function toBytes(type: OnnxType, values: readonly (number | bigint)[]): Uint8Array {
  const big = (): bigint[] => values.map(BigInt);
  const small = (): number[] => values.map(Number);
  const arrays: Record<OnnxType, () => ArrayBufferView> = {
    float32: () => Float32Array.from(small()),
    uint8: () => Uint8Array.from(small()),
    int8: () => Int8Array.from(small()),
    bool: () => Uint8Array.from(small()),
    int32: () => Int32Array.from(small()),
    uint32: () => Uint32Array.from(small()),
    int64: () => BigInt64Array.from(big()),
    uint64: () => BigUint64Array.from(big()),
  };
  const { buffer, byteOffset, byteLength } = arrays[type]();
  return new Uint8Array(buffer, byteOffset, byteLength);
}
