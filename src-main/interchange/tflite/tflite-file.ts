import { FlatbufferError, FlatTable } from './flatbuffer.ts';
import { builtinName } from './operators.ts';

/** How whole numbers stand for real ones: scale · (q − zero). One scale, or one for each position along an axis. */
export interface Quantization {
  readonly scales: readonly number[];
  readonly zeros: readonly number[];
  readonly axis: number;
}

export interface TfliteTensor {
  readonly name: string;
  /** As the schema names it: 'FLOAT32'. */
  readonly type: string;
  /** -1: not known. */
  readonly shape: readonly number[];
  /** Of a constant, row-major, little-endian; null: it is computed. */
  readonly data: Uint8Array | null;
  /** Null: its numbers are what they are. */
  readonly quantization: Quantization | null;
  /** Sparse, or a variable, which changes between calls. */
  readonly isPlain: boolean;
}

export interface TfliteOperator {
  /** 'CONV_2D'; of a custom operation its own name. */
  readonly name: string;
  readonly isCustom: boolean;
  /** Indices of tensors; -1: an optional input that is absent. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: FlatTable | null;
}

export interface TfliteModel {
  readonly tensors: readonly TfliteTensor[];
  /** In the order in which they are computed. */
  readonly operators: readonly TfliteOperator[];
  /** Tensors by the names that people know. */
  readonly inputs: ReadonlyMap<string, number>;
  readonly outputs: ReadonlyMap<string, number>;
  /** Names of signatures that are ignored. */
  readonly otherSignatures: readonly string[];
  readonly description: string;
  /** By name: '' where the file has none. */
  readonly metadata: ReadonlyMap<string, Uint8Array>;
}

/** Fields of the tables, by their number. Source: tensorflow/compiler/mlir/lite/schema/schema.fbs. */
const MODEL = { codes: 1, subgraphs: 2, description: 3, buffers: 4, metadata: 6, signatures: 7 } as const;
const CODE = { oldCode: 0, customCode: 1, builtinCode: 3 } as const;
const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3 } as const;
const TENSOR = { shape: 0, type: 1, buffer: 2, name: 3, quantization: 4, isVariable: 5, sparsity: 6, signature: 7 };
const QUANTIZATION = { scale: 2, zero: 3, axis: 6 } as const;
const BUFFER = { data: 0, offset: 1, size: 2 } as const;
const OPERATOR = { code: 0, inputs: 1, outputs: 2, options: 4 } as const;
const SIGNATURE = { inputs: 0, outputs: 1, key: 2, subgraph: 4 } as const;
const NAMED = { name: 0, index: 1 } as const;

const TYPES = (
  'FLOAT32 FLOAT16 INT32 UINT8 INT64 STRING BOOL INT16 COMPLEX64 INT8 FLOAT64 COMPLEX128 UINT64 RESOURCE VARIANT ' +
  'UINT32 UINT16 INT4 BFLOAT16 INT2 UINT4'
).split(' ');

const CUSTOM = 'CUSTOM';
const FIRST_SIGNATURE = 'serving_default';
const MAX_RANK = 8;
/** Of operations and tensors; larger files are not models. */
const MAX_PARTS = 200_000;

/**
 * Reads the graph of a file. Constants are views of `bytes`.
 *
 * @throws FlatbufferError.
 */
export function readTfliteFile(bytes: Uint8Array): TfliteModel {
  const root = FlatTable.root(bytes);
  const signatures = root.tables(MODEL.signatures).map((table) => ({
    key: table.text(SIGNATURE.key) ?? '',
    subgraph: table.uint32(SIGNATURE.subgraph),
    table,
  }));
  const taken = signatures.find(({ key }) => key === FIRST_SIGNATURE) ?? signatures[0] ?? null;
  const subgraph = root.tables(MODEL.subgraphs)[taken?.subgraph ?? 0];
  if (subgraph === undefined) throw new FlatbufferError('no graph');
  const buffers = root.tables(MODEL.buffers);
  const dataOf = (index: number): Uint8Array | null => {
    if (index === 0) return null;
    const buffer = buffers[index];
    if (buffer === undefined) throw new FlatbufferError(`buffer ${index} of ${buffers.length}`);
    return bufferData(buffer, bytes);
  };
  const tensors = limited(subgraph.tables(SUBGRAPH.tensors)).map((table, index) => tensorOf(table, index, dataOf));
  const codes = root.tables(MODEL.codes).map(operatorName);
  const known = (index: number): number => {
    if (index < tensors.length) return index;
    throw new FlatbufferError(`tensor ${index} of ${tensors.length}`);
  };
  const operators = limited(subgraph.tables(SUBGRAPH.operators)).map((table): TfliteOperator => {
    const code = codes[table.uint32(OPERATOR.code)];
    if (code === undefined) throw new FlatbufferError('an operator without its code');
    const indices = (field: number): number[] => (table.int32s(field) ?? []).map(known);
    return {
      ...code,
      inputs: indices(OPERATOR.inputs),
      outputs: indices(OPERATOR.outputs),
      options: table.table(OPERATOR.options),
    };
  });
  const named = (field: 'inputs' | 'outputs'): ReadonlyMap<string, number> => {
    const entries = taken?.table.tables(SIGNATURE[field]).map((entry) => {
      return [entry.text(NAMED.name) ?? '', known(entry.uint32(NAMED.index))] as const;
    });
    if (entries !== undefined && entries.length > 0) return new Map(entries);
    const indices = (subgraph.int32s(SUBGRAPH[field]) ?? []).map(known);
    return new Map(indices.map((index) => [tensors[index]?.name ?? `${field} ${index}`, index]));
  };
  return {
    tensors,
    operators,
    inputs: named('inputs'),
    outputs: named('outputs'),
    otherSignatures: signatures.filter((each) => each !== taken).map(({ key }) => key),
    description: root.text(MODEL.description) ?? '',
    metadata: new Map(
      root.tables(MODEL.metadata).flatMap((entry) => {
        const data = dataOf(entry.uint32(NAMED.index));
        return data === null ? [] : [[entry.text(NAMED.name) ?? '', data] as const];
      }),
    ),
  };
}

function limited<Part>(parts: readonly Part[]): readonly Part[] {
  if (parts.length > MAX_PARTS) throw new FlatbufferError(`${parts.length} parts of one graph`);
  return parts;
}

/** Codes above 127 have a field of their own, because the old one is a byte. */
function operatorName(table: FlatTable): Pick<TfliteOperator, 'name' | 'isCustom'> {
  const code = Math.max(table.int8(CODE.oldCode), table.int32(CODE.builtinCode));
  const name = builtinName(code);
  if (name !== CUSTOM) return { name, isCustom: false };
  return { name: table.text(CODE.customCode) ?? CUSTOM, isCustom: true };
}

/** Buffers of files above 2 GB are behind the flatbuffer. */
function bufferData(buffer: FlatTable, bytes: Uint8Array): Uint8Array | null {
  const [offset, size] = [buffer.uint64(BUFFER.offset), buffer.uint64(BUFFER.size)];
  if (offset <= 1) {
    const data = buffer.data(BUFFER.data);
    return data === null || data.length === 0 ? null : data;
  }
  if (offset + size > bytes.length) throw new FlatbufferError(`a buffer of ${size} bytes at byte ${offset}`);
  return bytes.subarray(offset, offset + size);
}

function tensorOf(table: FlatTable, index: number, dataOf: (buffer: number) => Uint8Array | null): TfliteTensor {
  const stored = table.int32s(TENSOR.shape) ?? [];
  const signature = table.int32s(TENSOR.signature) ?? [];
  const data = dataOf(table.uint32(TENSOR.buffer));
  const shape = signature.length > 0 && data === null ? signature : stored;
  if (shape.length > MAX_RANK || shape.some((size) => size < -1)) {
    throw new FlatbufferError(`a tensor of ${shape.slice(0, MAX_RANK + 1).join(' × ')} values`);
  }
  const quantization = table.table(TENSOR.quantization);
  const scales = quantization?.float32s(QUANTIZATION.scale) ?? [];
  const type = TYPES[table.int8(TENSOR.type)] ?? `type ${table.int8(TENSOR.type)}`;
  const name = table.text(TENSOR.name) ?? '';
  return {
    name: name === '' ? `tensor_${index}` : name,
    type,
    shape,
    data,
    quantization:
      quantization === null || scales.length === 0 || type.startsWith('FLOAT')
        ? null
        : { scales, zeros: quantization.int64s(QUANTIZATION.zero), axis: quantization.int32(QUANTIZATION.axis) },
    isPlain: !table.bool(TENSOR.isVariable) && table.table(TENSOR.sparsity) === null,
  };
}
