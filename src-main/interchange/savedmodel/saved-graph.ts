import { FlatGraph, nodeOf } from '../graphdef/flat-graph.ts';
import { GraphFault } from '../graphdef/graph-def.ts';
import { entryOf, readGraphDef } from '../graphdef/proto-graph.ts';
import type { ProtoFunction, ProtoNode } from '../graphdef/proto-graph.ts';
import { textsOfTensorProto } from '../graphdef/proto-tensor.ts';
import { bytesOf, fieldsOf, numberOf, textOf } from '../protobuf/message.ts';

/** A tensor of a signature. */
export interface SignatureTensor {
  /** 'serving_default_x:0'. */
  readonly value: string;
  /** DataType of protobuf: 1 is float32. */
  readonly type: number;
}

export interface SavedSignature {
  readonly inputs: ReadonlyMap<string, SignatureTensor>;
  readonly outputs: ReadonlyMap<string, SignatureTensor>;
}

/** The graph of a SavedModel for serving. */
export interface SavedGraph {
  readonly nodes: readonly ProtoNode[];
  readonly functions: ReadonlyMap<string, ProtoFunction>;
  readonly signatures: ReadonlyMap<string, SavedSignature>;
  /** Names the node that assigns the values of a checkpoint to variables; null: there is none. */
  readonly restore: string | null;
  /** 'TensorFlow 2.16.1'. */
  readonly writtenBy: string;
}

const SERVE = 'serve';

/**
 * Reads the message SavedModel.
 * Source: https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/protobuf (saved_model, meta_graph, saver)
 *
 * @throws RangeError, GraphFault if it is damaged.
 */
export function readSavedGraph(message: Uint8Array): SavedGraph {
  const graphs: { bytes: Uint8Array; tags: readonly string[] }[] = [];
  for (const [number, value] of fieldsOf(message)) {
    if (number !== 2) continue;
    const bytes = bytesOf(value);
    graphs.push({ bytes, tags: infoOf(bytes).tags });
  }
  const found = graphs.find(({ tags }) => tags.includes(SERVE)) ?? graphs[0];
  if (found === undefined) throw new GraphFault('no graph');
  return metaGraphOf(found.bytes);
}

/** Of the message MetaInfoDef. */
function infoOf(metaGraph: Uint8Array): { tags: string[]; version: string } {
  const tags: string[] = [];
  let version = '';
  for (const [number, value] of fieldsOf(metaGraph)) {
    if (number !== 1) continue;
    for (const [field, each] of fieldsOf(bytesOf(value))) {
      if (field === 4) tags.push(textOf(each));
      else if (field === 5) version = textOf(each);
    }
  }
  return { tags, version };
}

function metaGraphOf(message: Uint8Array): SavedGraph {
  let graph: ReturnType<typeof readGraphDef> | null = null;
  let restore: string | null = null;
  const signatures = new Map<string, SavedSignature>();
  for (const [number, value] of fieldsOf(message)) {
    if (number === 2) graph = readGraphDef(bytesOf(value));
    else if (number === 5) signatures.set(...entryOf(value, signatureOf));
    else if (number === 3) {
      for (const [field, each] of fieldsOf(bytesOf(value))) if (field === 3) restore = nodeOf(textOf(each));
    }
  }
  if (graph === null) throw new GraphFault('no graph');
  const { version } = infoOf(message);
  return {
    ...graph,
    signatures,
    restore,
    writtenBy: `TensorFlow ${version === '' ? 'of an unknown version' : version}`,
  };
}

function signatureOf(value: Parameters<typeof bytesOf>[0]): SavedSignature {
  const inputs = new Map<string, SignatureTensor>();
  const outputs = new Map<string, SignatureTensor>();
  for (const [number, each] of fieldsOf(bytesOf(value))) {
    if (number === 1) inputs.set(...entryOf(each, tensorInfoOf));
    else if (number === 2) outputs.set(...entryOf(each, tensorInfoOf));
  }
  return { inputs, outputs };
}

function tensorInfoOf(message: Parameters<typeof bytesOf>[0]): SignatureTensor {
  let value = '';
  let type = 0;
  for (const [number, each] of fieldsOf(bytesOf(message))) {
    if (number === 1) value = textOf(each);
    else if (number === 2) type = numberOf(each);
  }
  return { value, type };
}

/** Operations that stand for a variable. */
export const VARIABLES: ReadonlySet<string> = new Set(['VarHandleOp', 'VariableV2', 'Variable']);

/**
 * The key in the checkpoint of each variable, by the name of its node, as the graph's restore operations say. For a
 * variable without such an operation, the key is the variable's name.
 *
 * @throws GraphFault.
 */
export function checkpointKeys({ nodes, functions, restore }: SavedGraph): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  if (restore === null) return keys;
  const graph = new FlatGraph(nodes, functions, [restore], true);
  const origin = (reference: string): string => {
    let value = reference;
    const seen = new Set<string>();
    for (let node = graph.nodes.get(nodeOf(value)); node?.op === 'Identity' && !seen.has(value);) {
      seen.add(value);
      [value = ''] = graph.inputsOf(node);
      node = graph.nodes.get(nodeOf(value));
    }
    return value;
  };
  for (const node of graph.nodes.values()) {
    if (node.op !== 'AssignVariableOp' && node.op !== 'Assign') continue;
    const [variable = '', source = ''] = graph.inputsOf(node).map(origin);
    const restored = graph.nodes.get(nodeOf(source));
    if (restored?.op !== 'RestoreV2') continue;
    const names = graph.nodes.get(nodeOf(origin(graph.inputsOf(restored)[1] ?? '')));
    const key = textsOfTensorProto(names?.tensor ?? new Uint8Array(0))[Number(source.split(':')[1])];
    if (key !== undefined) keys.set(nodeOf(variable), key);
  }
  return keys;
}
