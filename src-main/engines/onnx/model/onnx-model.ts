import { Message } from '../../interface/protobuf-writer.ts';

/**
 * The part of the ONNX format that Lamina writes, as plain data, and its encoding.
 * Field numbers are those of onnx.proto.
 */

/** Operator set of every model written here. */
export const OPSET_VERSION = 21;
const IR_VERSION = 10;

export type OnnxType = 'float32' | 'uint8' | 'int8' | 'int32' | 'int64' | 'bool' | 'uint32' | 'uint64';

/** Numbers are INT: no operator used here has a float attribute. A graph is the body of a loop. */
export type OnnxAttribute = number | string | readonly number[] | OnnxGraph;
export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  /** An empty name omits an optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: OnnxAttributes;
}

/** A constant. `bytes` are row-major and little endian. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A graph input or output; a string is a symbolic extent such as 'batch'. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
}

/** TensorProto.DataType. */
export const ONNX_TYPE_CODES: Record<OnnxType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  uint32: 12,
  uint64: 13,
};

const ATTRIBUTE_INT = 2;
const ATTRIBUTE_STRING = 3;
const ATTRIBUTE_GRAPH = 5;
const ATTRIBUTE_INTS = 7;

/** @returns A ModelProto, the content of an .onnx file; large constants are kept by reference. */
export function onnxModelMessage(graph: OnnxGraph): Message {
  return new Message()
    .varint(1, IR_VERSION)
    .string(2, 'lamina')
    .message(7, graphMessage(graph))
    .message(8, new Message().string(1, '').varint(2, OPSET_VERSION));
}

function graphMessage(graph: OnnxGraph): Message {
  const message = new Message();
  for (const node of graph.nodes) message.message(1, nodeMessage(node));
  message.string(2, graph.name);
  for (const tensor of graph.initializers) message.message(5, tensorMessage(tensor));
  for (const input of graph.inputs) message.message(11, valueInfoMessage(input));
  for (const output of graph.outputs) message.message(12, valueInfoMessage(output));
  return message;
}

function nodeMessage(node: OnnxNode): Message {
  const message = new Message();
  for (const input of node.inputs) message.string(1, input);
  for (const output of node.outputs) message.string(2, output);
  message.string(3, node.name).string(4, node.opType);
  for (const [name, value] of Object.entries(node.attributes)) message.message(5, attributeMessage(name, value));
  return message;
}

function attributeMessage(name: string, value: OnnxAttribute): Message {
  const message = new Message().string(1, name);
  if (typeof value === 'number') return message.varint(3, value).varint(20, ATTRIBUTE_INT);
  if (typeof value === 'string') return message.string(4, value).varint(20, ATTRIBUTE_STRING);
  if ('nodes' in value) return message.message(6, graphMessage(value)).varint(20, ATTRIBUTE_GRAPH);
  for (const item of value) message.varint(8, item);
  return message.varint(20, ATTRIBUTE_INTS);
}

function tensorMessage(tensor: OnnxTensor): Message {
  return new Message()
    .packedVarints(1, tensor.shape)
    .varint(2, ONNX_TYPE_CODES[tensor.type])
    .string(8, tensor.name)
    .bytes(9, tensor.bytes);
}

function valueInfoMessage(info: OnnxValueInfo): Message {
  const shape = new Message();
  for (const extent of info.shape) {
    shape.message(1, typeof extent === 'number' ? new Message().varint(1, extent) : new Message().string(2, extent));
  }
  const tensorType = new Message().varint(1, ONNX_TYPE_CODES[info.type]).message(2, shape);
  return new Message().string(1, info.name).message(2, new Message().message(1, tensorType));
}
