import { bytesOf, fieldsOf, numberOf, textOf } from '../protobuf/message.ts';
import type { FieldValue } from '../protobuf/message.ts';
import { packedVarints } from '../protobuf/wire-format.ts';
import { GraphFault, MAX_NODES } from './graph-def.ts';

/** A node of a `GraphDef`, with its attributes as protobuf writes them in JSON. */
export interface ProtoNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, unknown>>;
  /** The message TensorProto of a constant. */
  readonly tensor: Uint8Array | null;
  /** The function that a call runs; null: it is no call. */
  readonly calls: string | null;
}

/** A `FunctionDef`. */
export interface ProtoFunction {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly ProtoNode[];
  /** For each output the value that it returns: 'node:output:0', or an input. */
  readonly returns: ReadonlyMap<string, string>;
}

/**
 * Reads the message GraphDef.
 * Source: https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/framework (graph, node_def, function, op_def)
 *
 * @throws RangeError, GraphFault if it is damaged.
 */
export function readGraphDef(message: Uint8Array): {
  readonly nodes: readonly ProtoNode[];
  readonly functions: ReadonlyMap<string, ProtoFunction>;
} {
  const nodes: ProtoNode[] = [];
  const functions = new Map<string, ProtoFunction>();
  let count = 0;
  const counted = (value: FieldValue): ProtoNode => {
    count++;
    if (count > MAX_NODES) throw new GraphFault(`more than ${MAX_NODES} nodes`);
    return nodeOf(bytesOf(value));
  };
  for (const [number, value] of fieldsOf(message)) {
    if (number === 1) nodes.push(counted(value));
    if (number !== 2) continue;
    for (const [field, each] of fieldsOf(bytesOf(value))) {
      if (field !== 1) continue;
      const found = functionOf(bytesOf(each), counted);
      functions.set(found.name, found);
    }
  }
  return { nodes, functions };
}

function functionOf(message: Uint8Array, nodeIn: (value: FieldValue) => ProtoNode): ProtoFunction {
  let name = '';
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const nodes: ProtoNode[] = [];
  const returns = new Map<string, string>();
  for (const [number, value] of fieldsOf(message)) {
    if (number === 3) nodes.push(nodeIn(value));
    else if (number === 4) returns.set(...entryOf(value, textOf));
    else if (number === 1) {
      for (const [field, each] of fieldsOf(bytesOf(value))) {
        if (field === 1) name = textOf(each);
        else if (field === 2) inputs.push(nameOfArgument(bytesOf(each)));
        else if (field === 3) outputs.push(nameOfArgument(bytesOf(each)));
      }
    }
  }
  return { name, inputs, outputs, nodes, returns };
}

function nameOfArgument(message: Uint8Array): string {
  for (const [number, value] of fieldsOf(message)) if (number === 1) return textOf(value);
  throw new GraphFault('a function with an argument without a name');
}

function nodeOf(message: Uint8Array): ProtoNode {
  let [name, op] = ['', ''];
  const input: string[] = [];
  const attr: Record<string, unknown> = {};
  let tensor: Uint8Array | null = null;
  let calls: string | null = null;
  for (const [number, value] of fieldsOf(message)) {
    if (number === 1) name = textOf(value);
    else if (number === 2) op = textOf(value);
    else if (number === 3) input.push(textOf(value));
    else if (number === 5) {
      const [key, content] = entryOf(value, bytesOf);
      const read = attributeOf(content);
      if (read.tensor !== null && key === 'value') ({ tensor } = read);
      if (read.function !== null && key === 'f') calls = read.function;
      if (read.json !== null) attr[key] = read.json;
    }
  }
  return { name, op, input, attr, tensor, calls };
}

/** An entry of a map: field 1 is the key, field 2 the value. */
export function entryOf<Value>(entry: FieldValue, read: (value: FieldValue) => Value): [string, Value] {
  let key = '';
  let found: Value | null = null;
  for (const [number, value] of fieldsOf(bytesOf(entry))) {
    if (number === 1) key = textOf(value);
    else if (number === 2) found = read(value);
  }
  return [key, found ?? read(new Uint8Array(0))];
}

interface Attribute {
  readonly json: object | null;
  readonly tensor: Uint8Array | null;
  readonly function: string | null;
}

const base64 = (value: FieldValue): string => Buffer.from(bytesOf(value)).toString('base64');

function float(value: FieldValue): number {
  const bytes = bytesOf(value);
  if (bytes.length !== 4) throw new GraphFault('an attribute that is no number');
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);
}

/** The message AttrValue. */
function attributeOf(message: Uint8Array): Attribute {
  const none = { json: null, tensor: null, function: null };
  for (const [number, value] of fieldsOf(message)) {
    if (number === 1) return { ...none, json: { list: listOf(bytesOf(value)) } };
    if (number === 2) return { ...none, json: { s: base64(value) } };
    if (number === 3) return { ...none, json: { i: numberOf(value) } };
    if (number === 4) return { ...none, json: { f: float(value) } };
    if (number === 5) return { ...none, json: { b: numberOf(value) !== 0 } };
    if (number === 6) return { ...none, json: { type: numberOf(value) } };
    if (number === 7) return { ...none, json: { shape: shapeJson(bytesOf(value)) } };
    if (number === 8) return { ...none, tensor: bytesOf(value) };
    if (number === 10) return { ...none, function: functionNameOf(bytesOf(value)) };
  }
  return none;
}

function functionNameOf(message: Uint8Array): string | null {
  for (const [number, value] of fieldsOf(message)) if (number === 1) return textOf(value);
  return null;
}

/** Texts and whole numbers of a list. No operation that is converted has lists of others. */
function listOf(message: Uint8Array): object {
  const s: string[] = [];
  const i: number[] = [];
  for (const [number, value] of fieldsOf(message)) {
    if (number === 2) s.push(base64(value));
    else if (number === 3 && typeof value === 'bigint') i.push(numberOf(value));
    else if (number === 3) i.push(...packedVarints(bytesOf(value)).map(numberOf));
  }
  return { s, i };
}

/** The message TensorShapeProto. */
export function shapeJson(message: Uint8Array): { unknownRank: boolean; dim: { size: number }[] } {
  let unknownRank = false;
  const dim: { size: number }[] = [];
  for (const [number, value] of fieldsOf(message)) {
    if (number === 3) unknownRank = numberOf(value) !== 0;
    if (number !== 2) continue;
    let size = 0;
    for (const [field, each] of fieldsOf(bytesOf(value))) if (field === 1) size = numberOf(each);
    dim.push({ size });
  }
  return { unknownRank, dim };
}
