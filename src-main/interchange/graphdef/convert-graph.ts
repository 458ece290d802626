import { AppError } from '../../../src-shared/errors/app-error.ts';
import { ProgramBuilder } from '../../../src-shared/program/builder/builder.ts';
import { simplify } from '../../../src-shared/program/builder/simplify.ts';
import { elementCount, ShapeError } from '../../../src-shared/program/language/shape.ts';
import type { DType, Program, ValueId } from '../../../src-shared/program/language/types.ts';
import type { FileTensor } from '../importer/model-importer.ts';
import { dtypeOf, GraphFault, isRecord, orderedGraph, outputOf, readGraphNodes } from './graph-def.ts';
import type { GraphNode, NodeOutput } from './graph-def.ts';
import { computeOnHost } from './host-operations.ts';
import { constantHost } from './host-values.ts';
import { nodeConverters } from './node-converters.ts';
import { GraphProgram, NodeRefusal } from '../operations/graph-program.ts';
import type { ProgramWeight } from '../operations/graph-program.ts';
import { NodeContext } from './node-conversion.ts';
import type { Converter, GraphValue } from './node-conversion.ts';

/** A tensor of the file, by the name of its node. */
export interface GraphConstant {
  /** 'float32', 'int32', 'bool'. */
  readonly dtype: string;
  readonly tensor: FileTensor;
}

/** The graph as one program. Inputs and outputs have the names of the graph's signature. */
export interface ConvertedGraph {
  readonly program: Program;
  /** By the name of the program's state. */
  readonly weights: ReadonlyMap<string, ProgramWeight>;
  /** Values of constants that are numbers in the program, not weights. */
  readonly inlineValues: number;
  /** Whether the graph is for a batch of one example. */
  readonly hasFixedBatch: boolean;
}

/** By the name of the operation. */
type Converters = Readonly<Record<string, Converter>>;

interface Signature {
  readonly inputs: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, NodeOutput>;
}

/** Integers of a graph are sizes and axes; float32 constants with one value are numbers of formulas. */
const MAX_INTEGERS = 65_536;

/**
 * Converts a TensorFlow graph for prediction.
 *
 * @param where For messages: "'model.json'".
 * @param signature Of the file: names of inputs and outputs with their tensors; undefined: nodes that read nothing, and
 *   nodes that nothing reads.
 * @param others Operations of the file's format that TensorFlow does not have.
 * @throws AppError 'model-file/damaged', 'model-file/unsupported' with the names of all operations that Lamina lacks.
 */
export async function convertGraph(
  where: string,
  graph: unknown,
  signature: unknown,
  constants: ReadonlyMap<string, GraphConstant>,
  others: Converters = {},
): Promise<ConvertedGraph> {
  try {
    const converters = { ...nodeConverters, ...others };
    return await convert(where, readGraphNodes(graph), signature, constants, converters);
  } catch (error) {
    if (error instanceof GraphFault) {
      throw new AppError(
        'model-file/damaged',
        `Expected a TensorFlow graph in ${where}; received ${error.message}. Convert the model again, or copy all its files again.`,
      );
    }
    throw error;
  }
}

async function convert(
  where: string,
  all: ReadonlyMap<string, GraphNode>,
  given: unknown,
  constants: ReadonlyMap<string, GraphConstant>,
  converters: Converters,
): Promise<ConvertedGraph> {
  const signature = signatureOf(given, all);
  const nodes = nodesOf(where, all, [...signature.outputs.values()], converters);
  const placeholders = nodes.filter(({ op }) => op === PLACEHOLDER);
  const shapes = new Map(placeholders.map((node) => [node.name, inputShape(where, node)]));
  const program = new GraphProgram(
    new ProgramBuilder(),
    [...shapes.values()].some(({ isFixed }) => isFixed) ? 1 : null,
  );
  const { builder } = program;
  const values = new Map<string, readonly GraphValue[]>();
  let inlineValues = 0;
  for (const node of nodes) {
    if (node.op === PLACEHOLDER) {
      const name = signature.inputs.get(node.name) ?? node.name;
      const value = builder.input(name, 'float32', [null, ...shapes.get(node.name)!.shape]);
      const cast = builder.within(node.name, () => builder.cast(value, shapes.get(node.name)!.dtype));
      values.set(node.name, [{ kind: 'computed', value: cast }]);
    } else if (node.op === 'Const') {
      const value = await constantOf(where, node, constants);
      if (value.kind === 'host' && value.host.dtype === 'float32') inlineValues++;
      values.set(node.name, [value]);
    } else {
      values.set(
        node.name,
        convertNode(
          where,
          program,
          converters,
          node,
          node.inputs.map((input) => valueOf(values, input, node)),
        ),
      );
    }
  }
  for (const [name, output] of signature.outputs) {
    builder.output(name, outputValue(where, program, name, valueOf(values, output, null)));
  }
  const { weights } = program;
  const hasFixedBatch = program.fixedBatch !== null;
  return { program: simplify(builder.build()), weights, inlineValues, hasFixedBatch };
}

const PLACEHOLDER = 'Placeholder';

/** The nodes that outputs depend on, in order. Loops of TensorFlow 1 are cycles of operations that Lamina lacks. */
function nodesOf(
  where: string,
  all: ReadonlyMap<string, GraphNode>,
  outputs: readonly NodeOutput[],
  converters: Converters,
): readonly GraphNode[] {
  try {
    const { nodes } = orderedGraph(all, outputs);
    requireOperations(where, nodes, converters);
    return nodes;
  } catch (error) {
    if (error instanceof GraphFault) {
      const loops = [...all.values()].filter(({ op }) => LOOPS.has(op));
      requireOperations(where, loops, converters);
    }
    throw error;
  }
}

const LOOPS: ReadonlySet<string> = new Set(['Enter', 'Exit', 'NextIteration', 'LoopCond']);

/** @throws AppError 'model-file/unsupported' with all operations that have no converter, and how often each occurs. */
function requireOperations(where: string, nodes: readonly GraphNode[], converters: Converters): void {
  const counts = new Map<string, number>();
  for (const { op } of nodes) {
    if (op === PLACEHOLDER || op === 'Const' || Object.hasOwn(converters, op) || HOST_ONLY.has(op)) continue;
    counts.set(op, (counts.get(op) ?? 0) + 1);
  }
  if (counts.size === 0) return;
  const list = [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([op, count]) => (count === 1 ? op : `${op} (${count})`))
    .join(', ');
  throw new AppError(
    'model-file/unsupported',
    `Expected operations that Lamina has in ${where}; received ${list}. Open a model without them, or the Keras model that it was converted from.`,
    { operations: Object.fromEntries(counts) },
  );
}

/** Operations that are computed when the model is read. */
const HOST_ONLY: ReadonlySet<string> = new Set(['Prod', 'FloorDiv', 'FloorMod', 'Fill', 'Range']);

function convertNode(
  where: string,
  program: GraphProgram,
  converters: Converters,
  node: GraphNode,
  inputs: readonly GraphValue[],
): readonly GraphValue[] {
  const hosts = inputs.flatMap((input) => (input.kind === 'host' ? [input.host] : []));
  const known =
    hosts.length === inputs.length && inputs.length > 0 ? computeOnHost(node.op, node.attributes, hosts) : null;
  if (known !== null) return [{ kind: 'host', host: known }];
  const { builder, rows } = program;
  const first = builder.operations.length;
  try {
    if (!Object.hasOwn(converters, node.op)) throw new NodeRefusal('numbers that depend on the examples');
    const convertThis = converters[node.op]!;
    const made = builder.within(node.name, () => convertThis(new NodeContext(program, node, inputs), node));
    for (const { inputs: read, outputs } of builder.operations.slice(first)) {
      for (const output of outputs) rows.add(output, read);
    }
    return Array.isArray(made) ? (made as readonly GraphValue[]) : [made as GraphValue];
  } catch (error) {
    if (!(error instanceof NodeRefusal || error instanceof ShapeError)) throw error;
    throw new AppError(
      'model-file/unsupported',
      `Expected ${node.op} '${node.name}' in ${where} in a form that Lamina has; received ${error.message.replace(/\.$/, '')}. Open a model without it, or the Keras model that it was converted from.`,
      { node: node.name, operation: node.op },
    );
  }
}

function valueOf(
  values: ReadonlyMap<string, readonly GraphValue[]>,
  { node, output }: NodeOutput,
  reader: GraphNode | null,
): GraphValue {
  const value = values.get(node)?.[output];
  if (value !== undefined) return value;
  throw new GraphFault(
    `output ${output} of '${node}'${reader === null ? '' : ` in '${reader.name}'`}, which has no such output`,
  );
}

/** @throws AppError 'model-file/unsupported' if it is not a value for each example. */
function outputValue(where: string, { builder, rows }: GraphProgram, name: string, output: GraphValue): ValueId {
  if (output.kind === 'computed') {
    const { dtype, shape } = builder.typeOf(output.value);
    if (dtype === 'float32' && shape[0] === null && rows.of(output.value) === 1) return output.value;
  }
  throw new AppError(
    'model-file/unsupported',
    `Expected numbers for each example as the output '${name}' of ${where}; received another value. Open a model with such outputs.`,
    { output: name },
  );
}

async function constantOf(
  where: string,
  { name, attributes }: GraphNode,
  constants: ReadonlyMap<string, GraphConstant>,
): Promise<GraphValue> {
  const type = attributes.type('dtype', 'DT_FLOAT');
  const dtype = dtypeOf(type);
  if (dtype === null) {
    throw new AppError(
      'model-file/unsupported',
      `Expected float32 numbers as the constant '${name}' in ${where}; received ${type}. Save the model with float32 numbers.`,
      { node: name },
    );
  }
  const constant = constants.get(name);
  if (constant === undefined) throw new GraphFault(`no weights for the constant '${name}'`);
  const { tensor } = constant;
  const count = elementCount(tensor.shape);
  if (dtype === 'float32' && tensor.shape.length > 0) return { kind: 'stored', tensor };
  if (count > MAX_INTEGERS) throw new GraphFault(`the constant '${name}' with ${count} integers`);
  const values: number[] = [];
  for await (const part of tensor.read()) values.push(...part);
  // A program holds finite numbers only.
  if (!values.every(Number.isFinite)) return { kind: 'stored', tensor };
  return { kind: 'host', host: constantHost(dtype, tensor.shape, values) };
}

interface InputShape {
  readonly dtype: DType;
  /** Without the batch axis. */
  readonly shape: readonly number[];
  /** The graph says that a batch has one example. */
  readonly isFixed: boolean;
}

function inputShape(where: string, { name, attributes }: GraphNode): InputShape {
  const shape = attributes.shape('shape');
  const type = attributes.type('dtype', 'DT_FLOAT');
  const dtype = dtypeOf(type);
  const [batch, ...sizes] = shape ?? [];
  const isKnown = sizes.length > 0 && sizes.every((size) => size > 0) && (batch === -1 || batch === 1);
  if (isKnown && dtype !== null) return { dtype, shape: sizes, isFixed: batch === 1 };
  const received = shape === null ? 'no shape' : `${type} [${shape.map((size) => (size < 0 ? '?' : size)).join(', ')}]`;
  throw new AppError(
    'model-file/unsupported',
    `Expected the input '${name}' of ${where} with a batch axis and known sizes after it; received ${received}. Convert the model with a fixed input shape.`,
    { input: name },
  );
}

/** Names of the inputs by node, and outputs by name. */
function signatureOf(value: unknown, nodes: ReadonlyMap<string, GraphNode>): Signature {
  const entries = (part: 'inputs' | 'outputs'): [string, NodeOutput][] => {
    const group = isRecord(value) ? value[part] : undefined;
    return Object.entries(isRecord(group) ? group : {}).flatMap(([name, info]) => {
      const tensor = isRecord(info) ? info['name'] : undefined;
      return typeof tensor === 'string' ? [[name, outputOf(tensor)] as [string, NodeOutput]] : [];
    });
  };
  const inputs = new Map(entries('inputs').map(([name, { node }]) => [node, name]));
  const outputs = new Map(entries('outputs'));
  if (outputs.size > 0) return { inputs, outputs };
  const read = new Set([...nodes.values()].flatMap((node) => node.inputs.map((input) => input.node)));
  const ends = [...nodes.keys()].filter((name) => !read.has(name));
  if (ends.length === 0) throw new GraphFault('no output');
  return { inputs, outputs: new Map(ends.map((node) => [node, { node, output: 0 }])) };
}
