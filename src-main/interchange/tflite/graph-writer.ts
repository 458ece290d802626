import type { GraphConstant } from '../graphdef/convert-graph.ts';
import { constantOf, numbersOf } from './constants.ts';
import type { Arrangement } from './constants.ts';
import { FlatbufferError } from './flatbuffer.ts';
import { type } from './node-attributes.ts';
import type { NodeAttribute } from './node-attributes.ts';
import type { TfliteModel, TfliteOperator, TfliteTensor } from './tflite-file.ts';

/** A node in the JSON of a GraphDef. */
export interface WrittenNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, NodeAttribute>>;
}

/** Writes the nodes of a TensorFlow graph that computes what a TensorFlow Lite model computes. */
export class GraphWriter {
  readonly model: TfliteModel;
  readonly nodes: WrittenNode[] = [];
  readonly constants = new Map<string, GraphConstant>();
  /** Outputs of nodes, by the index of their tensor. */
  readonly #values = new Map<number, string>();
  readonly #names = new Set<string>();
  readonly #readers = new Map<number, TfliteOperator[]>();
  readonly #producers = new Map<number, TfliteOperator>();

  constructor(model: TfliteModel) {
    this.model = model;
    for (const operator of model.operators) {
      for (const input of operator.inputs) this.#readers.set(input, [...(this.#readers.get(input) ?? []), operator]);
      for (const output of operator.outputs) this.#producers.set(output, operator);
    }
  }

  readersOf(tensor: number): readonly TfliteOperator[] {
    return this.#readers.get(tensor) ?? [];
  }

  producerOf(tensor: number): TfliteOperator | null {
    return this.#producers.get(tensor) ?? null;
  }

  /** Whether the model gives this tensor. */
  isOutput(tensor: number): boolean {
    return [...this.model.outputs.values()].includes(tensor);
  }

  tensor(index: number): TfliteTensor {
    const found = this.model.tensors[index];
    if (found === undefined) throw new FlatbufferError(`tensor ${index} of ${this.model.tensors.length}`);
    return found;
  }

  /** A name that no node has. The converter joins names of operations that it fused with semicolons. */
  #free(wanted: string): string {
    const plain = wanted.replaceAll(/[;:^]/g, '_').slice(0, 400);
    let name = plain;
    for (let count = 2; this.#names.has(name); count++) name = `${plain}_${count}`;
    this.#names.add(name);
    return name;
  }

  /** @returns Its name, which is its first output. */
  node(name: string, op: string, input: readonly string[], attr: WrittenNode['attr'] = {}): string {
    const free = this.#free(name);
    this.nodes.push({ name: free, op, input, attr });
    return free;
  }

  define(tensor: number, value: string): void {
    this.#values.set(tensor, value);
  }

  /** The value of a tensor. A constant becomes a node when it is first read. */
  value(index: number): string {
    const known = this.#values.get(index);
    if (known !== undefined) return known;
    const tensor = this.tensor(index);
    if (tensor.data === null) throw new FlatbufferError(`'${tensor.name}', which no operation before it computes`);
    const made = this.constant(tensor);
    this.define(index, made);
    return made;
  }

  constant(tensor: TfliteTensor, arrangement: Arrangement = {}): string {
    const name = this.#free(tensor.name.split(';')[0]!);
    const constant = constantOf(name, tensor, arrangement);
    return this.#constant(name, constant);
  }

  /** Whole numbers that the graph needs. */
  integers(values: readonly number[], name: string): string {
    const free = this.#free(`${name}/numbers`);
    const read = async function* (): AsyncIterable<Float32Array> {
      yield Float32Array.from(values);
    };
    const tensor = { path: free, shape: [values.length], dtype: 'integer' as const, read };
    return this.#constant(free, { dtype: 'int32', tensor });
  }

  #constant(name: string, constant: GraphConstant): string {
    const dtype = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' }[constant.dtype] ?? constant.dtype;
    this.nodes.push({ name, op: 'Const', input: [], attr: { dtype: type(dtype) } });
    this.constants.set(name, constant);
    return name;
  }
}

/** What the translation of an operator may use. */
export class OperatorContext {
  readonly writer: GraphWriter;
  readonly operator: TfliteOperator;
  /** Where its nodes are: 'model/conv1'. */
  readonly scope: string;

  constructor(writer: GraphWriter, operator: TfliteOperator) {
    this.writer = writer;
    this.operator = operator;
    this.scope = scopeOf(writer.tensor(operator.outputs[0] ?? -1).name);
  }

  has(index: number): boolean {
    return (this.operator.inputs[index] ?? -1) >= 0;
  }

  #tensorIndex(index: number): number {
    const found = this.operator.inputs[index];
    if (found !== undefined && found >= 0) return found;
    throw new FlatbufferError(`${this.operator.name} without its input ${index + 1}`);
  }

  tensor(index: number): TfliteTensor {
    return this.writer.tensor(this.#tensorIndex(index));
  }

  value(index: number): string {
    return this.writer.value(this.#tensorIndex(index));
  }

  values(): string[] {
    return this.operator.inputs.map((_, index) => this.value(index));
  }

  /** A constant with its axes in another order, also one that is stored with fewer bits; null: it is computed. */
  arranged(index: number, arrangement: Arrangement): string | null {
    const before = this.writer.producerOf(this.#tensorIndex(index));
    const tensor = before?.name === 'DEQUANTIZE' ? this.writer.tensor(before.inputs[0] ?? -1) : this.tensor(index);
    return tensor.data === null ? null : this.writer.constant(tensor, arrangement);
  }

  /** Whole numbers of a constant; null: they are computed. */
  numbers(index: number): readonly number[] | null {
    return numbersOf(this.tensor(index));
  }

  node(op: string, inputs: readonly string[], attr: WrittenNode['attr'] = {}): string {
    return this.writer.node(`${this.scope}/${op}`, op, inputs, attr);
  }

  integers(...values: readonly number[]): string {
    return this.writer.integers(values, this.scope);
  }

  /** A node that no converter has, which is refused with all others by this name. */
  refused(reason = ''): string {
    const { name, isCustom } = this.operator;
    const words = [isCustom ? `the custom operation ${name}` : name, reason].filter((word) => word !== '');
    return this.writer.node(`${this.scope}/refused`, words.join(' '), []);
  }

  reshaped(value: string, sizes: readonly number[]): string {
    return this.node('Reshape', [value, this.integers(...sizes)]);
  }

  option(field: number, otherwise = 0): number {
    return this.operator.options?.int32(field, otherwise) ?? otherwise;
  }

  /** An option of one byte: an enumeration or a condition. */
  byte(field: number): number {
    return this.operator.options?.int8(field) ?? 0;
  }

  real(field: number): number {
    return this.operator.options?.float32(field) ?? 0;
  }

  optionList(field: number): readonly number[] {
    return this.operator.options?.int32s(field) ?? [];
  }
}

/** 'model/conv1' of 'model/conv1/Relu;model/conv1/BiasAdd': the names of fused operations, the last one first. */
function scopeOf(name: string): string {
  const names = name.split(';').map((each) => each.replace(/:\d+$/, ''));
  const main = names.find((each) => /(conv|matmul|depthwise)[^/]*$/i.test(each)) ?? names[0]!;
  const [last, ...outer] = main.split('/').toReversed();
  return outer.length === 0 ? last! : outer.toReversed().join('/');
}
