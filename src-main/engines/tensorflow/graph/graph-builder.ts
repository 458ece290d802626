import { DataType } from './graph-def.ts';
import type { Attribute, Attributes, DataType as TfType, FunctionDef, NodeDef, TensorValue } from './graph-def.ts';
import type { Shape } from '../../../../src-shared/program/language/types.ts';

/**
 * One tensor in a graph or function body. `port` is its name in a function body ('y:0'); empty
 * for a function's argument.
 */
export interface Output {
  readonly node: string;
  readonly index: number;
  readonly port: string;
}

export const attribute = {
  string: (value: string): Attribute => ({ kind: 'string', value }),
  int: (value: number): Attribute => ({ kind: 'int', value }),
  float: (value: number): Attribute => ({ kind: 'float', value }),
  bool: (value: boolean): Attribute => ({ kind: 'bool', value }),
  type: (value: TfType): Attribute => ({ kind: 'type', value }),
  shape: (value: Shape): Attribute => ({ kind: 'shape', value }),
  tensor: (value: TensorValue): Attribute => ({ kind: 'tensor', value }),
  function: (value: string): Attribute => ({ kind: 'function', value }),
  ints: (value: readonly number[]): Attribute => ({ kind: 'ints', value }),
  types: (value: readonly TfType[]): Attribute => ({ kind: 'types', value }),
  shapes: (value: readonly Shape[]): Attribute => ({ kind: 'shapes', value }),
  functions: (value: readonly string[]): Attribute => ({ kind: 'functions', value }),
};

export interface NodeRequest {
  readonly op: string;
  /** Wanted name; a number is appended if it is taken. Default: the op. */
  readonly name?: string;
  readonly inputs?: readonly Output[];
  readonly attributes?: Attributes;
  /** Names of nodes that must run before (control inputs). */
  readonly after?: readonly string[];
}

export interface GraphOptions {
  /** Names that nodes may not take: a function's arguments. */
  readonly reservedNames?: readonly string[];
  /** Whether NaN must reach the outputs; see the lowering of relu. Default: false. */
  readonly propagatesNaN?: boolean;
  /** Collects functions that nodes call; one list for all graphs and bodies of a model. */
  readonly functions?: FunctionDef[];
}

/** Builds the nodes of one graph, or of one function body. */
export class GraphBuilder {
  readonly nodes: NodeDef[] = [];
  readonly propagatesNaN: boolean;
  /** Functions that nodes call, to be written with the graph. */
  readonly functions: FunctionDef[];
  /** Elements of stacked values, so that reading the elements needs no unstacking. */
  readonly elements = new WeakMap<Output, readonly Output[]>();
  readonly #mode: 'graph' | 'function';
  readonly #names = new Set<string>();
  /** Last number appended to each wanted name: avoids searching from 1 again. */
  readonly #lastNumbers = new Map<string, number>();
  readonly #shared = new Map<string, Output>();
  #scope = '';

  constructor(mode: 'graph' | 'function', options: GraphOptions = {}) {
    this.#mode = mode;
    this.propagatesNaN = options.propagatesNaN ?? false;
    this.functions = options.functions ?? [];
    for (const name of options.reservedNames ?? []) this.#names.add(name);
  }

  /** Sets the prefix of the names of following nodes. */
  setScope(scope: string): void {
    this.#scope = scope;
  }

  /** Adds a node and returns its name. */
  add(request: NodeRequest): string {
    const name = this.#uniqueName(request.name ?? request.op);
    const inputs = (request.inputs ?? []).map((input) => this.reference(input));
    for (const node of request.after ?? []) inputs.push(`^${node}`);
    this.nodes.push({ name, op: request.op, inputs, attributes: request.attributes ?? {} });
    return name;
  }

  /** Adds a node and returns its first output. */
  output(request: NodeRequest): Output {
    return portOf(request.op, this.add(request), 0);
  }

  /** Adds a node and returns its first `count` outputs. */
  outputs(request: NodeRequest, count: number): Output[] {
    const name = this.add(request);
    return Array.from({ length: count }, (_, index) => portOf(request.op, name, index));
  }

  /** A constant; equal small constants share one node. */
  constant(value: TensorValue, name = 'Const'): Output {
    const key = value.content.length <= 64 ? `${value.dtype}/${value.shape.join('x')}/${value.content.join()}` : null;
    const request: NodeRequest = {
      op: 'Const',
      name,
      attributes: { dtype: attribute.type(value.dtype), value: attribute.tensor(value) },
    };
    return key === null ? this.output(request) : this.shared(`constant ${key}`, request);
  }

  /** The first output of the graph's only node for `key`; adds it on first use. */
  shared(key: string, request: NodeRequest): Output {
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const output = this.output(request);
    this.#shared.set(key, output);
    return output;
  }

  /** int32 constant of rank 1. */
  integers(values: readonly number[]): Output {
    return this.constant({ dtype: DataType.int32, shape: [values.length], content: bytesOf(Int32Array.from(values)) });
  }

  integer(value: number): Output {
    return this.constant({ dtype: DataType.int32, shape: [], content: bytesOf(Int32Array.of(value)) });
  }

  float(value: number): Output {
    return this.constant({ dtype: DataType.float, shape: [], content: bytesOf(Float32Array.of(value)) });
  }

  /** A float vector without elements. */
  empty(): Output {
    return this.constant({ dtype: DataType.float, shape: [0], content: new Uint8Array() });
  }

  /** The name of `output` as an input of a node in this graph or body. */
  reference(output: Output): string {
    if (this.#mode === 'function') return output.port === '' ? output.node : `${output.node}:${output.port}`;
    return output.index === 0 ? output.node : `${output.node}:${output.index}`;
  }

  #uniqueName(wanted: string): string {
    const base = (this.#scope === '' ? wanted : `${this.#scope}/${wanted}`)
      .replaceAll(/[^A-Za-z0-9_.\-/]/g, '_')
      .replace(/^[^A-Za-z0-9.]/, '.$&');
    let name = base;
    let count = this.#lastNumbers.get(base) ?? 0;
    while (this.#names.has(name)) name = `${base}_${(count += 1)}`;
    if (count > 0) this.#lastNumbers.set(base, count);
    this.#names.add(name);
    return name;
  }
}

/** The value of a function's argument inside its body. */
export function argument(name: string): Output {
  return { node: name, index: 0, port: '' };
}

/** Closes a function body built with `new GraphBuilder('function', …)`. */
export function functionDef(
  name: string,
  inputs: FunctionDef['inputs'],
  body: GraphBuilder,
  outputs: readonly { readonly name: string; readonly type: TfType; readonly value: Output }[],
  controlOutputs: readonly string[],
): FunctionDef {
  return {
    name,
    inputs,
    outputs: outputs.map((output) => ({ name: output.name, type: output.type, source: body.reference(output.value) })),
    controlOutputs,
    nodes: body.nodes,
  };
}

/** The bytes of a typed array, not copied. TensorFlow's hosts are little-endian, like the wire format. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Output names of ops, by their op definitions, if they are not 'output'. */
const outputNames: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    'Cast Neg Exp Log Log1p Sqrt Square Abs Sign Floor Sin Cos Sigmoid Tanh Erf LogicalNot Transpose DeepCopy'
      .split(' ')
      .map((op) => [op, ['y']]),
  ),
  ...Object.fromEntries(
    'AddV2 Sub Mul RealDiv Pow Maximum Minimum Equal Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr BitwiseAnd SigmoidGrad TanhGrad'
      .split(' ')
      .map((op) => [op, ['z']]),
  ),
  Relu: ['activations'],
  Elu: ['activations'],
  Selu: ['activations'],
  Softplus: ['activations'],
  ReluGrad: ['backprops'],
  EluGrad: ['backprops'],
  SeluGrad: ['backprops'],
  MatMul: ['product'],
  Softmax: ['softmax'],
  LogSoftmax: ['logsoftmax'],
  SoftmaxCrossEntropyWithLogits: ['loss', 'backprop'],
  SparseSoftmaxCrossEntropyWithLogits: ['loss', 'backprop'],
  FusedBatchNormV3: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2', 'reserve_space_3'],
  FusedBatchNormGradV3: ['x_backprop', 'scale_backprop', 'offset_backprop', 'reserve_space_3', 'reserve_space_4'],
  VarHandleOp: ['resource'],
  ReadVariableOp: ['value'],
};

/** An output of a node. Ops that are not in the table have one output argument 'output', a tensor or a list. */
export function portOf(op: string, node: string, index: number): Output {
  const names = outputNames[op];
  return { node, index, port: names === undefined ? `output:${index}` : `${names[index] ?? names[0]}:0` };
}
