import { z } from 'zod';
import type { DType } from '../../../src-shared/program/language/types.ts';
import { issuesText } from '../../../src-shared/text/issue-text.ts';

/** An output of a node. */
export interface NodeOutput {
  readonly node: string;
  readonly output: number;
}

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly NodeOutput[];
  readonly attributes: Attributes;
}

/** Nodes that the outputs depend on, in topological order. */
export interface OrderedGraph {
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly NodeOutput[];
}

/** The graph is damaged. The message is what was received. */
export class GraphFault extends Error {}

export const MAX_NODES = 200_000;

const nodeSchema = z.object({
  name: z.string().min(1),
  op: z.string().min(1),
  input: z.array(z.string()).optional(),
  attr: z.record(z.string(), z.unknown()).optional(),
});

/**
 * Reads the nodes of a TensorFlow `GraphDef` in JSON.
 *
 * @returns By name.
 * @throws GraphFault.
 */
export function readGraphNodes(value: unknown): ReadonlyMap<string, GraphNode> {
  const { success, data, error } = z.array(nodeSchema).max(MAX_NODES).safeParse(value);
  if (!success) throw new GraphFault(issuesText(error, value));
  const nodes = new Map<string, GraphNode>();
  for (const { name, op, input = [], attr = {} } of data) {
    if (nodes.has(name)) throw new GraphFault(`two nodes '${name}'`);
    // Names with ^ are control dependencies, which give no value.
    const inputs = input.filter((reference) => !reference.startsWith('^')).map(outputOf);
    nodes.set(name, { name, op, inputs, attributes: new Attributes(attr) });
  }
  return nodes;
}

/** 'conv/Relu' and 'conv/Relu:0' → { node: 'conv/Relu', output: 0 }. */
export function outputOf(reference: string): NodeOutput {
  const [, node = reference, output = '0'] = /^(.*):(\d+)$/.exec(reference) ?? [];
  return { node, output: Number(output) };
}

/** @throws GraphFault for a cycle or an input that does not exist. */
export function orderedGraph(nodes: ReadonlyMap<string, GraphNode>, outputs: readonly NodeOutput[]): OrderedGraph {
  const order: GraphNode[] = [];
  /** Nodes that are visited; true: all that they depend on is in the order. */
  const visited = new Map<string, boolean>();
  const pending = outputs.toReversed().map(({ node }) => ({ name: node, reader: 'the outputs', isDone: false }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { name, reader, isDone } = next;
    const node = nodes.get(name);
    if (node === undefined) throw new GraphFault(`no node '${name}', which ${reader} read`);
    if (isDone) {
      visited.set(name, true);
      order.push(node);
      continue;
    }
    const known = visited.get(name);
    if (known === true) continue;
    if (known === false) throw new GraphFault(`a cycle through '${name}'`);
    visited.set(name, false);
    pending.push({ name, reader, isDone: true });
    for (const input of node.inputs.toReversed()) {
      if (visited.get(input.node) === false) throw new GraphFault(`a cycle through '${input.node}'`);
      pending.push({ name: input.node, reader: `'${name}'`, isDone: false });
    }
  }
  return { nodes: order, outputs };
}

/** Attributes of a node, as protobuf writes them in JSON: { "padding": { "s": "U0FNRQ==" } }. */
export class Attributes {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  int(name: string, otherwise: number): number {
    const value = this.#field(name, 'i');
    return value === undefined ? otherwise : intOf(name, value);
  }

  float(name: string, otherwise: number): number {
    const value = this.#field(name, 'f');
    if (value === undefined) return otherwise;
    const number = Number(value);
    if (Number.isNaN(number)) throw new GraphFault(`the attribute ${name}, which is not a number`);
    return number;
  }

  bool(name: string, otherwise = false): boolean {
    const value = this.#field(name, 'b');
    return value === undefined ? otherwise : value === true;
  }

  text(name: string, otherwise: string): string {
    const value = this.#field(name, 's');
    return value === undefined ? otherwise : textOf(name, value);
  }

  /** 'DT_FLOAT'. */
  type(name: string, otherwise: string): string {
    const value = this.#field(name, 'type');
    return value === undefined ? otherwise : typeOf(value);
  }

  ints(name: string): number[] {
    return this.#list(name, 'i').map((value) => intOf(name, value));
  }

  texts(name: string): string[] {
    return this.#list(name, 's').map((value) => textOf(name, value));
  }

  /** Sizes, -1 where they are not known; null: the rank is not known. */
  shape(name: string): number[] | null {
    const value = this.#field(name, 'shape');
    return value === undefined ? null : shapeOf(value);
  }

  #field(name: string, field: string): unknown {
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
    return isRecord(value) ? value[field] : undefined;
  }

  #list(name: string, field: string): readonly unknown[] {
    const list = this.#field(name, 'list');
    const values = isRecord(list) ? list[field] : undefined;
    return Array.isArray(values) ? (values as unknown[]) : [];
  }
}

/** Sizes of a `TensorShapeProto`, -1 where they are not known; null: the rank is not known. */
export function shapeOf(value: unknown): number[] | null {
  if (!isRecord(value) || value['unknownRank'] === true) return null;
  const { dim = [] } = value;
  if (!Array.isArray(dim)) throw new GraphFault('a shape without its sizes');
  return dim.map((each: unknown) => intOf('size', isRecord(each) ? (each['size'] ?? 0) : undefined));
}

/** Types by their number in protobuf, where JSON has the number. */
const TYPES: Readonly<Record<number, string>> = {
  ...{ 1: 'DT_FLOAT', 2: 'DT_DOUBLE', 3: 'DT_INT32', 4: 'DT_UINT8', 5: 'DT_INT16', 6: 'DT_INT8', 7: 'DT_STRING' },
  ...{ 9: 'DT_INT64', 10: 'DT_BOOL', 14: 'DT_BFLOAT16', 19: 'DT_HALF', 20: 'DT_RESOURCE' },
};

const typeOf = (value: unknown): string =>
  typeof value === 'number' ? (TYPES[value] ?? String(value)) : String(value);

/** The type here of a type of TensorFlow; null: there is none. 64-bit integers are used for indices and shapes only. */
export function dtypeOf(type: string): DType | null {
  if (type === 'DT_FLOAT') return 'float32';
  if (type === 'DT_INT32' || type === 'DT_INT64') return 'int32';
  return type === 'DT_BOOL' ? 'bool' : null;
}

function intOf(name: string, value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
  throw new GraphFault(`the attribute ${name}, which is not a whole number`);
}

/** Bytes in base64, or a list of them. */
function textOf(name: string, value: unknown): string {
  if (Array.isArray(value)) return Buffer.from(value.map(Number)).toString('latin1');
  if (typeof value === 'string') return Buffer.from(value, 'base64').toString('latin1');
  throw new GraphFault(`the attribute ${name}, which is not a text`);
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
