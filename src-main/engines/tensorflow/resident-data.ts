import { attribute, argument, functionDef, GraphBuilder } from './graph/graph-builder.ts';
import { DataType, dataTypeOf } from './graph/graph-def.ts';
import { assignFed, doneAfter, handleOf, placeholder, readVariable } from './graph/variables.ts';
import type { Output } from './graph/graph-builder.ts';
import type { FunctionDef, Signature } from './graph/graph-def.ts';
import type { Variable } from './graph/variables.ts';
import { sameType } from '../../../src-shared/program/language/shape.ts';
import type { TensorType } from '../../../src-shared/program/language/types.ts';

/**
 * Examples in native memory. Each input of the program has two variables: one for values of the
 * program's type and one for bytes; at most one of the two is in use. An input can read the variables of
 * all inputs of its type, so an array that several inputs read is loaded once. A `Case` over these
 * variables gathers a batch, so one graph serves all ways of storing the data.
 */

/** A tensor of examples. */
export interface DataTensor {
  /** The program's input. */
  readonly input: string;
  /** Part of names in the graph: 'x', 'x1', 'y'. */
  readonly key: string;
  readonly type: TensorType;
}

/** 'values': the type that the program reads. 'bytes': uint8, scaled when a batch is gathered. */
export type Storage = 'values' | 'bytes';

/** A variable that a tensor may be gathered from. */
export interface Source {
  /** The input whose variable it is. */
  readonly owner: DataTensor;
  readonly storage: Storage;
}

/** Scaled bytes are float32, so only float32 inputs can be stored as bytes. */
function storagesOf(type: TensorType): readonly Storage[] {
  return type.dtype === 'float32' ? ['values', 'bytes'] : ['values'];
}

/** All variables from which a tensor may be gathered. @param all Tensors of the program. */
function sourcesOf({ type }: DataTensor, all: readonly DataTensor[]): Source[] {
  return all
    .filter((owner) => sameType(owner.type, type))
    .flatMap((owner) => storagesOf(type).map((storage) => ({ owner, storage })));
}

/** Index of the branch of the `Case` that gathers from a variable. */
export function sourceIndex(tensor: DataTensor, all: readonly DataTensor[], { owner, storage }: Source): number {
  return sourcesOf(tensor, all).findIndex((source) => source.owner.key === owner.key && source.storage === storage);
}

export function loadSignatureName({ owner, storage }: Source): string {
  return `load/${owner.key}/${storage}`;
}

function dataVariable({ owner: { key, type }, storage }: Source): Variable {
  const dtype = storage === 'bytes' ? DataType.uint8 : storedType(dataTypeOf[type.dtype]);
  return { name: `data/${key}/${storage}`, dtype, shape: type.shape };
}

/**
 * The type of stored values. TensorFlow does not place int32 variables on a GPU, because it uses int32
 * for sizes, which the CPU computes; it does place uint32.
 */
function storedType(dtype: DataType): DataType {
  return dtype === DataType.int32 ? DataType.uint32 : dtype;
}

/** Reinterprets the bits as another type. */
function retyped(graph: GraphBuilder, value: Output, from: DataType, to: DataType): Output {
  if (from === to) return value;
  const attributes = { T: attribute.type(from), type: attribute.type(to) };
  return graph.output({ op: 'Bitcast', inputs: [value], attributes });
}

function scalingVariable({ key }: DataTensor, part: 'offset' | 'scale'): Variable {
  return { name: `data/${key}/${part}`, dtype: DataType.float, shape: [] };
}

/** Functions that gather rows, one for each of a tensor's variables. */
export function gatherFunctions(owner: DataTensor): FunctionDef[] {
  return storagesOf(owner.type).map((storage) => gatherFunction({ owner, storage }));
}

const gatherName = ({ owner, storage }: Source): string => `gather_${owner.key}_${storage}`;

function gatherFunction(source: Source): FunctionDef {
  const { owner, storage } = source;
  const type = dataTypeOf[owner.type.dtype];
  const body = new GraphBuilder('function', { reservedNames: ['rows'] });
  const variable = dataVariable(source);
  const gathered = body.output({
    op: 'ResourceGather',
    inputs: [handleOf(body, variable), argument('rows')],
    attributes: { dtype: attribute.type(variable.dtype), Tindices: attribute.type(DataType.int32) },
  });
  const batch = storage === 'values' ? retyped(body, gathered, variable.dtype, type) : scaled(body, gathered, owner);
  return functionDef(
    gatherName(source),
    [{ name: 'rows', type: DataType.int32 }],
    body,
    [{ name: 'batch', type, value: batch }],
    [],
  );
}

/** float32 (bytes - offset) / scale. */
function scaled(body: GraphBuilder, bytes: Output, owner: DataTensor): Output {
  const T = attribute.type(DataType.float);
  const scaling = (part: 'offset' | 'scale'): Output =>
    readVariable(body, handleOf(body, scalingVariable(owner, part)), DataType.float);
  const floats = body.output({
    op: 'Cast',
    inputs: [bytes],
    attributes: { SrcT: attribute.type(DataType.uint8), DstT: T },
  });
  const centred = body.output({ op: 'Sub', inputs: [floats, scaling('offset')], attributes: { T } });
  return body.output({ op: 'RealDiv', inputs: [centred, scaling('scale')], attributes: { T } });
}

/**
 * Adds nodes that gather a batch.
 *
 * @param all Tensors of the program.
 * @param source int32 scalar, see `sourceIndex`.
 * @param rows int32 [N].
 */
export function addGather(
  graph: GraphBuilder,
  tensor: DataTensor,
  all: readonly DataTensor[],
  source: Output,
  rows: Output,
): Output {
  const { key, type } = tensor;
  return graph.output({
    op: 'Case',
    name: `gather_${key}`,
    inputs: [source, rows],
    attributes: {
      Tin: attribute.types([DataType.int32]),
      Tout: attribute.types([dataTypeOf[type.dtype]]),
      branches: attribute.functions(sourcesOf(tensor, all).map(gatherName)),
      output_shapes: attribute.shapes([type.shape]),
    },
  });
}

/**
 * Adds the signatures that load an array into a tensor's variables. Bytes are fed with four bytes per
 * int32 (`words`) and their `shape`, because tfjs has no uint8 tensors.
 */
export function addLoadSignatures(graph: GraphBuilder, owner: DataTensor): Record<string, Signature> {
  const signatures: Record<string, Signature> = {};
  for (const storage of storagesOf(owner.type)) {
    const name = loadSignatureName({ owner, storage });
    graph.setScope(name);
    signatures[name] = storage === 'values' ? loadValues(graph, owner) : loadBytes(graph, owner);
  }
  graph.setScope('');
  return signatures;
}

function loadValues(graph: GraphBuilder, owner: DataTensor): Signature {
  const { type } = owner;
  const dtype = dataTypeOf[type.dtype];
  const data = placeholder(graph, 'data', dtype, type.shape);
  const variable = dataVariable({ owner, storage: 'values' });
  const assigned = assignFed(graph, variable, retyped(graph, data, dtype, variable.dtype));
  const others = storagesOf(type).filter((storage) => storage !== 'values');
  const freed = others.map((storage) => emptied(graph, dataVariable({ owner, storage })));
  const done = doneAfter(graph, [assigned, ...freed]);
  return {
    inputs: { data: { tensor: `${data.node}:0`, dtype, shape: type.shape } },
    outputs: { done: { tensor: `${done.node}:0`, dtype: DataType.int32, shape: [] } },
  };
}

function loadBytes(graph: GraphBuilder, owner: DataTensor): Signature {
  const { type } = owner;
  const words = placeholder(graph, 'words', DataType.int32, [null]);
  const shape = placeholder(graph, 'shape', DataType.int32, [type.shape.length]);
  const offset = placeholder(graph, 'offset', DataType.float, []);
  const scale = placeholder(graph, 'scale', DataType.float, []);
  const data = graph.output({
    op: 'Reshape',
    inputs: [retyped(graph, words, DataType.int32, DataType.uint8), shape],
    attributes: { T: attribute.type(DataType.uint8) },
  });
  const done = doneAfter(graph, [
    assignFed(graph, dataVariable({ owner, storage: 'bytes' }), data),
    assignFed(graph, scalingVariable(owner, 'offset'), offset),
    assignFed(graph, scalingVariable(owner, 'scale'), scale),
    emptied(graph, dataVariable({ owner, storage: 'values' })),
  ]);
  return {
    inputs: {
      words: { tensor: `${words.node}:0`, dtype: DataType.int32, shape: [null] },
      shape: { tensor: `${shape.node}:0`, dtype: DataType.int32, shape: [type.shape.length] },
      offset: { tensor: `${offset.node}:0`, dtype: DataType.float, shape: [] },
      scale: { tensor: `${scale.node}:0`, dtype: DataType.float, shape: [] },
    },
    outputs: { done: { tensor: `${done.node}:0`, dtype: DataType.int32, shape: [] } },
  };
}

/** Frees the memory of `variable` by assigning an empty tensor. */
function emptied(graph: GraphBuilder, variable: Variable): string {
  const shape = variable.shape.map((size) => size ?? 0);
  const nothing = graph.constant({ dtype: variable.dtype, shape, content: new Uint8Array() }, 'nothing');
  return graph.add({
    op: 'AssignVariableOp',
    inputs: [handleOf(graph, variable), nothing],
    attributes: { dtype: attribute.type(variable.dtype) },
  });
}
