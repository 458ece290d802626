import { ProtobufWriter } from '../protobuf-writer.ts';

/**
 * The part of the ONNX format that Lamina writes, as plain data, and its encoding.
 * Field numbers are those of onnx.proto.
 */

/** Operator set of every model written here. */
export const OPSET_VERSION = 21;
const IR_VERSION = 10;

export type OnnxType = 'float32' | 'uint8' | 'int32' | 'int64' | 'bool' | 'uint32' | 'uint64';

/** Numbers are ONNX INTs: no operator used here has a float attribute. */
export type OnnxAttribute = number | string | readonly number[];
export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  /** An empty name leaves an optional input out. */
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
  int32: 6,
  int64: 7,
  bool: 9,
  uint32: 12,
  uint64: 13,
};

const ATTRIBUTE_INT = 2;
const ATTRIBUTE_STRING = 3;
const ATTRIBUTE_INTS = 7;

/** @returns The bytes of a ModelProto, what an .onnx file holds. */
export function encodeOnnxModel(graph: OnnxGraph): Uint8Array {
  return new ProtobufWriter()
    .varint(1, IR_VERSION)
    .string(2, 'lamina')
    .message(7, (writer) => writeGraph(writer, graph))
    .message(8, (writer) => writer.string(1, '').varint(2, OPSET_VERSION))
    .finish();
}

function writeGraph(writer: ProtobufWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) writer.message(1, (nested) => writeNode(nested, node));
  writer.string(2, graph.name);
  for (const tensor of graph.initializers) writer.message(5, (nested) => writeTensor(nested, tensor));
  for (const input of graph.inputs) writer.message(11, (nested) => writeValueInfo(nested, input));
  for (const output of graph.outputs) writer.message(12, (nested) => writeValueInfo(nested, output));
}

function writeNode(writer: ProtobufWriter, node: OnnxNode): void {
  for (const input of node.inputs) writer.string(1, input);
  for (const output of node.outputs) writer.string(2, output);
  writer.string(3, node.name);
  writer.string(4, node.opType);
  for (const [name, value] of Object.entries(node.attributes)) {
    writer.message(5, (nested) => writeAttribute(nested, name, value));
  }
}

function writeAttribute(writer: ProtobufWriter, name: string, value: OnnxAttribute): void {
  writer.string(1, name);
  if (typeof value === 'number') {
    writer.varint(3, value).varint(20, ATTRIBUTE_INT);
  } else if (typeof value === 'string') {
    writer.string(4, value).varint(20, ATTRIBUTE_STRING);
  } else {
    for (const item of value) writer.varint(8, item);
    writer.varint(20, ATTRIBUTE_INTS);
  }
}

function writeTensor(writer: ProtobufWriter, tensor: OnnxTensor): void {
  writer
    .packedVarints(1, tensor.shape)
    .varint(2, ONNX_TYPE_CODES[tensor.type])
    .string(8, tensor.name)
    .bytes(9, tensor.bytes);
}

function writeValueInfo(writer: ProtobufWriter, info: OnnxValueInfo): void {
  writer.string(1, info.name).message(2, (type) =>
    type.message(1, (tensor) =>
      tensor.varint(1, ONNX_TYPE_CODES[info.type]).message(2, (shape) => {
        for (const extent of info.shape) {
          shape.message(1, (dim) => (typeof extent === 'number' ? dim.varint(1, extent) : dim.string(2, extent)));
        }
      }),
    ),
  );
}
