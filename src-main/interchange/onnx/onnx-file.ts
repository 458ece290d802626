import { ONNX_TYPES } from '../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import type {
  OnnxAttribute,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxValueInfo,
} from '../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import { packedVarints } from '../protobuf/wire-format.ts';
import type { ProtobufFile } from '../protobuf/protobuf-reader.ts';
import type { ByteRange } from '../protobuf/wire-format.ts';
import { damagedOnnx, readTensor, textOf } from './onnx-tensor.ts';

/** Limits on what is kept in memory. */
const MAX_NODES = 100_000;
const MAX_LIST_BYTES = 2 ** 20;
const MAX_METADATA = 1000;

/** ONNX's name of its own operators. */
const OWN_DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx']);

/**
 * Reads a ModelProto. Field numbers are those of onnx.proto. Weights stay in the file until they are requested.
 *
 * @throws AppError 'model-file/…', ProtobufError.
 */
export function readOnnxFile(file: ProtobufFile, path: string): OnnxModel {
  let graph: ByteRange | null = null;
  let [producer, version, opset] = ['', '', 0];
  const metadata = new Map<string, string>();
  for (const { number, bytes } of file.fields(file.whole)) {
    if (bytes === null) continue;
    if (number === 2) producer = textOf(file, bytes, path);
    else if (number === 3) version = textOf(file, bytes, path);
    else if (number === 7) graph = bytes;
    else if (number === 8) opset = opsetOf(file, bytes, path) ?? opset;
    else if (number === 14 && metadata.size < MAX_METADATA) metadata.set(...entryOf(file, bytes, path));
  }
  if (graph === null) throw damagedOnnx(path, 'no graph');
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, OnnxTensor>();
  const inputs: OnnxValueInfo[] = [];
  const outputs: OnnxValueInfo[] = [];
  for (const { number, bytes } of file.fields(graph)) {
    if (bytes === null) continue;
    if (number === 1) nodes.push(nodeOf(file, bytes, path));
    else if (number === 5) {
      const { name, tensor } = readTensor(file, bytes, path);
      initializers.set(name, tensor);
    } else if (number === 11) inputs.push(valueInfoOf(file, bytes, path));
    else if (number === 12) outputs.push(valueInfoOf(file, bytes, path));
    if (nodes.length > MAX_NODES || initializers.size > MAX_NODES) {
      throw damagedOnnx(path, `a graph of more than ${MAX_NODES} operations`);
    }
  }
  if (outputs.length === 0) throw damagedOnnx(path, 'a graph without outputs');
  const own = inputs.filter(({ name }) => !initializers.has(name));
  return { producer: `${producer} ${version}`.trim(), opset, nodes, initializers, inputs: own, outputs, metadata };
}

/** A StringStringEntryProto. */
function entryOf(file: ProtobufFile, range: ByteRange, path: string): [string, string] {
  let [key, value] = ['', ''];
  for (const { number, bytes } of file.fields(range)) {
    if (number === 1 && bytes !== null) key = textOf(file, bytes, path);
    else if (number === 2 && bytes !== null) value = textOf(file, bytes, path);
  }
  return [key, value];
}

/** The version of ONNX's operators; null: an import of others. */
function opsetOf(file: ProtobufFile, range: ByteRange, path: string): number | null {
  let [domain, version] = ['', 0];
  for (const { number, integer, bytes } of file.fields(range)) {
    if (number === 1 && bytes !== null) domain = textOf(file, bytes, path);
    else if (number === 2 && integer !== null) version = Number(integer);
  }
  return OWN_DOMAINS.has(domain) ? version : null;
}

function nodeOf(file: ProtobufFile, range: ByteRange, path: string): OnnxNode {
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes = new Map<string, OnnxAttribute>();
  let [name, opType, domain] = ['', '', ''];
  for (const { number, bytes } of file.fields(range)) {
    if (bytes === null) continue;
    if (number === 1) inputs.push(textOf(file, bytes, path));
    else if (number === 2) outputs.push(textOf(file, bytes, path));
    else if (number === 3) name = textOf(file, bytes, path);
    else if (number === 4) opType = textOf(file, bytes, path);
    else if (number === 5) attributes.set(...attributeOf(file, bytes, path));
    else if (number === 7) domain = textOf(file, bytes, path);
  }
  return { name, opType: OWN_DOMAINS.has(domain) ? opType : `${domain}.${opType}`, inputs, outputs, attributes };
}

function attributeOf(file: ProtobufFile, range: ByteRange, path: string): [string, OnnxAttribute] {
  let name = '';
  let type = 0;
  let [float, integer, text]: [number, number, string] = [0, 0, ''];
  let tensor: OnnxTensor | null = null;
  const numbers: number[] = [];
  const texts: string[] = [];
  for (const field of file.fields(range)) {
    const { number, bytes } = field;
    if (number === 20) type = Number(field.integer ?? 0n);
    else if (number === 3) integer = signed(field.integer ?? 0n);
    else if (number === 8 && field.integer !== null) numbers.push(signed(field.integer));
    else if (bytes === null) continue;
    else if (number === 1) name = textOf(file, bytes, path);
    else if (number === 2) float = floatsOf(file, bytes, path)[0] ?? 0;
    else if (number === 4) text = textOf(file, bytes, path);
    else if (number === 5) ({ tensor } = readTensor(file, bytes, path));
    else if (number === 7) numbers.push(...floatsOf(file, bytes, path));
    else if (number === 8) numbers.push(...packedVarints(file.bytes(short(bytes, path))).map(signed));
    else if (number === 9) texts.push(textOf(file, bytes, path));
    if (numbers.length > MAX_LIST_BYTES) throw damagedOnnx(path, `a list of more than ${MAX_LIST_BYTES} numbers`);
  }
  // AttributeProto.AttributeType
  const values: Readonly<Record<number, OnnxAttribute>> = {
    1: float,
    2: integer,
    3: text,
    4: tensor,
    6: numbers,
    7: numbers,
    8: texts,
  };
  return [name, values[type] ?? null];
}

const signed = (value: bigint): number => Number(BigInt.asIntN(64, value));

function short(bytes: ByteRange, path: string): ByteRange {
  if (bytes.end - bytes.start <= MAX_LIST_BYTES) return bytes;
  throw damagedOnnx(path, `a list of ${bytes.end - bytes.start} bytes`);
}

/** Packed float32 numbers. */
function floatsOf(file: ProtobufFile, range: ByteRange, path: string): number[] {
  const bytes = file.bytes(short(range, path));
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readFloatLE(index * 4));
}

function valueInfoOf(file: ProtobufFile, range: ByteRange, path: string): OnnxValueInfo {
  let name = '';
  let found: Pick<OnnxValueInfo, 'type' | 'shape'> = { type: null, shape: null };
  for (const { number, bytes } of file.fields(range)) {
    if (bytes === null) continue;
    if (number === 1) name = textOf(file, bytes, path);
    else if (number === 2) {
      // TypeProto.tensor_type
      for (const inner of file.fields(bytes)) {
        if (inner.number === 1 && inner.bytes !== null) found = tensorTypeOf(file, inner.bytes, path);
      }
    }
  }
  return { name, ...found };
}

function tensorTypeOf(file: ProtobufFile, range: ByteRange, path: string): Pick<OnnxValueInfo, 'type' | 'shape'> {
  let type: OnnxValueInfo['type'] = null;
  let shape: (number | string)[] | null = null;
  for (const { number, integer, bytes } of file.fields(range)) {
    if (number === 1 && integer !== null) type = ONNX_TYPES[Number(integer)] ?? null;
    else if (number === 2 && bytes !== null) {
      const sizes: (number | string)[] = [];
      for (const dimension of file.fields(bytes)) {
        if (dimension.number === 1 && dimension.bytes !== null)
          sizes.push(sizeOfDimension(file, dimension.bytes, path));
      }
      shape = sizes;
    }
  }
  return { type, shape };
}

/** A number, or the name of a size that is not fixed. */
function sizeOfDimension(file: ProtobufFile, range: ByteRange, path: string): number | string {
  let size: number | string = '';
  for (const { number, integer, bytes } of file.fields(range)) {
    if (number === 1 && integer !== null) size = signed(integer);
    else if (number === 2 && bytes !== null) size = textOf(file, bytes, path);
  }
  // Some exporters write 0 or -1 for a size that is not fixed.
  return typeof size === 'number' && size < 1 ? '' : size;
}
