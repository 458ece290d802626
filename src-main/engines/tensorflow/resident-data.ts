import { attribute, argument, functionDef, GraphBuilder } from './graph/graph-builder.ts';
import { DataType, dataTypeOf } from './graph/graph-def.ts';
import { assignFed, doneAfter, handleOf, placeholder, readVariable } from './graph/variables.ts';
import type { Output } from './graph/graph-builder.ts';
import type { FunctionDef, Signature } from './graph/graph-def.ts';
import type { Variable } from './graph/variables.ts';
import { splitNames } from '../../../src-shared/data/dataset-document.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import type { TensorType } from '../../../src-shared/program/language/types.ts';

/**
 * Splits in native memory. Each tensor of each split has two variables: one for values of the
 * program's type and one for bytes; one of the two is in use. A `Case` over these variables gathers a
 * batch, so one graph serves all splits.
 */

/** A tensor of examples. */
export interface DataTensor {
  /** The program's input. */
  readonly input: string;
  /** Part of names in the graph: 'x', 'x1', 'y'. */
  readonly key: string;
  readonly type: TensorType;
}

/** Input of the signatures that chooses the branch of the `Case`. */
export const sourceName = ({ key }: DataTensor): string => `${key}Source`;

/** 'values': the type that the program reads. 'bytes': uint8, scaled when a batch is gathered. */
export type Storage = 'values' | 'bytes';

/** Scaled bytes are float32, so only float32 inputs can be stored as bytes. */
function storagesOf(type: TensorType): readonly Storage[] {
  return type.dtype === 'float32' ? ['values', 'bytes'] : ['values'];
}

/** All variables from which a tensor may be gathered. */
function sourcesOf(type: TensorType): { split: SplitName; storage: Storage }[] {
  return splitNames.flatMap((split) => storagesOf(type).map((storage) => ({ split, storage })));
}

/** Index of the branch of the `Case` that gathers from a variable. */
export function sourceIndex({ type }: DataTensor, split: SplitName, storage: Storage): number {
  return sourcesOf(type).findIndex((source) => source.split === split && source.storage === storage);
}

export function loadSignatureName(split: SplitName, { key }: DataTensor, storage: Storage): string {
  return `load/${split}/${key}/${storage}`;
}

function dataVariable(split: SplitName, { key, type }: DataTensor, storage: Storage): Variable {
  const dtype = storage === 'bytes' ? DataType.uint8 : storedType(dataTypeOf[type.dtype]);
  return { name: `data/${split}/${key}/${storage}`, dtype, shape: type.shape };
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

function scalingVariable(split: SplitName, { key }: DataTensor, part: 'offset' | 'scale'): Variable {
  return { name: `data/${split}/${key}/${part}`, dtype: DataType.float, shape: [] };
}

/** Functions that gather rows of one variable each, in the order of `sourceIndex`. */
export function gatherFunctions(data: DataTensor): FunctionDef[] {
  return sourcesOf(data.type).map(({ split, storage }) => gatherFunction(split, data, storage));
}

function gatherFunction(split: SplitName, data: DataTensor, storage: Storage): FunctionDef {
  const { key, type } = data;
  const body = new GraphBuilder('function', { reservedNames: ['indices'] });
  const variable = dataVariable(split, data, storage);
  const rows = body.output({
    op: 'ResourceGather',
    inputs: [handleOf(body, variable), argument('indices')],
    attributes: { dtype: attribute.type(variable.dtype), Tindices: attribute.type(DataType.int32) },
  });
  const batch =
    storage === 'values'
      ? retyped(body, rows, variable.dtype, dataTypeOf[type.dtype])
      : scaled(body, rows, split, data);
  return functionDef(
    `gather_${split}_${key}_${storage}`,
    [{ name: 'indices', type: DataType.int32 }],
    body,
    [{ name: 'batch', type: dataTypeOf[type.dtype], value: batch }],
    [],
  );
}

/** float32 (bytes - offset) / scale. */
function scaled(body: GraphBuilder, bytes: Output, split: SplitName, data: DataTensor): Output {
  const T = attribute.type(DataType.float);
  const scaling = (part: 'offset' | 'scale'): Output =>
    readVariable(body, handleOf(body, scalingVariable(split, data, part)), DataType.float);
  const floats = body.output({
    op: 'Cast',
    inputs: [bytes],
    attributes: { SrcT: attribute.type(DataType.uint8), DstT: T },
  });
  const centred = body.output({ op: 'Sub', inputs: [floats, scaling('offset')], attributes: { T } });
  return body.output({ op: 'RealDiv', inputs: [centred, scaling('scale')], attributes: { T } });
}

/** Adds nodes that gather the rows `indices`. @param source int32 scalar, see `sourceIndex`. */
export function addGather(graph: GraphBuilder, { key, type }: DataTensor, source: Output, indices: Output): Output {
  const branches = sourcesOf(type).map(({ split, storage }) => `gather_${split}_${key}_${storage}`);
  return graph.output({
    op: 'Case',
    name: `gather_${key}`,
    inputs: [source, indices],
    attributes: {
      Tin: attribute.types([DataType.int32]),
      Tout: attribute.types([dataTypeOf[type.dtype]]),
      branches: attribute.functions(branches),
      output_shapes: attribute.shapes([type.shape]),
    },
  });
}

/**
 * Adds the signatures that load a tensor of a split into native memory. Bytes are fed with four bytes
 * per int32 (`words`, padded at the end) and their `shape`, because tfjs has no uint8 tensors.
 */
export function addLoadSignatures(graph: GraphBuilder, tensor: DataTensor): Record<string, Signature> {
  const signatures: Record<string, Signature> = {};
  for (const { split, storage } of sourcesOf(tensor.type)) {
    const name = loadSignatureName(split, tensor, storage);
    graph.setScope(name);
    signatures[name] = storage === 'values' ? loadValues(graph, split, tensor) : loadBytes(graph, split, tensor);
  }
  graph.setScope('');
  return signatures;
}

function loadValues(graph: GraphBuilder, split: SplitName, tensor: DataTensor): Signature {
  const { type } = tensor;
  const dtype = dataTypeOf[type.dtype];
  const data = placeholder(graph, 'data', dtype, type.shape);
  const variable = dataVariable(split, tensor, 'values');
  const assigned = assignFed(graph, variable, retyped(graph, data, dtype, variable.dtype));
  const others = storagesOf(type).filter((storage) => storage !== 'values');
  const freed = others.map((storage) => emptied(graph, dataVariable(split, tensor, storage)));
  const done = doneAfter(graph, [assigned, ...freed]);
  return {
    inputs: { data: { tensor: `${data.node}:0`, dtype, shape: type.shape } },
    outputs: { done: { tensor: `${done.node}:0`, dtype: DataType.int32, shape: [] } },
  };
}

function loadBytes(graph: GraphBuilder, split: SplitName, tensor: DataTensor): Signature {
  const { type } = tensor;
  const words = placeholder(graph, 'words', DataType.int32, [null]);
  const shape = placeholder(graph, 'shape', DataType.int32, [type.shape.length]);
  const offset = placeholder(graph, 'offset', DataType.float, []);
  const scale = placeholder(graph, 'scale', DataType.float, []);
  const int32 = attribute.type(DataType.int32);
  const uint8 = attribute.type(DataType.uint8);
  const bytes = retyped(graph, words, DataType.int32, DataType.uint8);
  const flat = graph.output({ op: 'Reshape', inputs: [bytes, graph.integers([-1])], attributes: { T: uint8 } });
  const size = graph.output({
    op: 'Prod',
    inputs: [shape, graph.integers([0])],
    attributes: { T: int32, Tidx: int32, keep_dims: attribute.bool(true) },
  });
  const used = graph.output({
    op: 'Slice',
    inputs: [flat, graph.integers([0]), size],
    attributes: { T: uint8, Index: int32 },
  });
  const data = graph.output({ op: 'Reshape', inputs: [used, shape], attributes: { T: uint8 } });
  const done = doneAfter(graph, [
    assignFed(graph, dataVariable(split, tensor, 'bytes'), data),
    assignFed(graph, scalingVariable(split, tensor, 'offset'), offset),
    assignFed(graph, scalingVariable(split, tensor, 'scale'), scale),
    emptied(graph, dataVariable(split, tensor, 'values')),
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
