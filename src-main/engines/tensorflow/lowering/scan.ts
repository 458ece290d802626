import { argument, attribute, functionDef, GraphBuilder } from '../graph/graph-builder.ts';
import { DataType, dataTypeOf } from '../graph/graph-def.ts';
import { at } from './lowering.ts';
import { scanLength, scanParts } from '../../../../src-shared/program/shapes/scan-shapes.ts';
import type { LoweringRequest, LoweringTable } from './lowering.ts';
import type { Output } from '../graph/graph-builder.ts';
import type { ScanParts } from '../../../../src-shared/program/shapes/scan-shapes.ts';
import type { TensorType } from '../../../../src-shared/program/language/types.ts';

/** Limit for unrolling in the graph; longer scans repeatedly call a function with `STEPS_PER_CALL` steps. */
const MAX_UNROLLED_STEPS = 64;
const STEPS_PER_CALL = 32;

type Request = LoweringRequest<'scan'>;

/** Results of a scan, or of some of its steps. */
interface ScanResult {
  readonly carried: readonly Output[];
  readonly stacked: readonly Output[];
}

/** Elements of a value along axis 1. */
function elementsOf(graph: GraphBuilder, value: Output, { dtype }: TensorType, length: number): readonly Output[] {
  const known = graph.elements.get(value);
  if (known !== undefined) return known;
  const attributes = {
    num: attribute.int(length),
    T: attribute.type(dataTypeOf[dtype]),
    axis: attribute.int(1),
  };
  return graph.outputs({ op: 'Unpack', inputs: [value], attributes }, length);
}

function stack(graph: GraphBuilder, elements: readonly Output[], { dtype }: TensorType): Output {
  const attributes = {
    N: attribute.int(elements.length),
    T: attribute.type(dataTypeOf[dtype]),
    axis: attribute.int(1),
  };
  const stacked = graph.output({ op: 'Pack', inputs: elements, attributes });
  graph.elements.set(stacked, elements);
  return stacked;
}

const stackedTypes = ({ outputTypes, attributes }: Request): readonly TensorType[] =>
  outputTypes.slice(attributes.carried);

/** Unrolls the steps: TensorFlow's loops cost more than the operations of a small step. */
function unrolled(graph: GraphBuilder, request: Request, parts: ScanParts<Output>, length: number): ScanResult {
  const { inputTypes, attributes, lowerProgram } = request;
  const types = stackedTypes(request);
  const sequences = parts.sequences.map((sequence, i) =>
    elementsOf(graph, sequence, at(inputTypes, attributes.carried + i), length),
  );
  let carried = parts.carried;
  const made = types.map(() => new Array<Output>(length));
  for (let i = 0; i < length; i++) {
    const step = attributes.reverse ? length - 1 - i : i;
    const elements = sequences.map((sequence) => at(sequence, step));
    const inputs = [...carried, ...elements, ...parts.matrices, ...parts.constants];
    const outputs = lowerProgram(graph, attributes.body, inputs);
    carried = outputs.slice(0, attributes.carried);
    outputs.slice(attributes.carried).forEach((output, j) => (at(made, j)[step] = output));
  }
  return { carried, stacked: made.map((elements, i) => stack(graph, elements, at(types, i))) };
}

/** Adds a function with `length` steps, because TensorFlow takes seconds to optimize a long unrolled graph. */
function addStepsFunction(request: Request, length: number): string {
  const { graph, inputTypes, attributes, outputTypes } = request;
  const name = `steps_${graph.functions.length}`;
  const inputs = inputTypes.map(({ dtype }, i) => ({ name: `in${i}`, type: dataTypeOf[dtype] }));
  const body = new GraphBuilder('function', {
    reservedNames: inputs.map((input) => input.name),
    propagatesNaN: graph.propagatesNaN,
    functions: graph.functions,
  });
  const parts = scanParts(
    inputs.map((input) => argument(input.name)),
    attributes,
  );
  const { carried, stacked } = unrolled(body, request, parts, length);
  const outputs = [...carried, ...stacked].map((value, i) => ({
    name: `out${i}`,
    type: dataTypeOf[at(outputTypes, i).dtype],
    value,
  }));
  graph.functions.push(functionDef(name, inputs, body, outputs, []));
  return name;
}

/** Steps [start, start + length) of a sequence. */
function part(graph: GraphBuilder, value: Output, { dtype, shape }: TensorType, start: number, length: number): Output {
  const starts = shape.map((_, axis) => (axis === 1 ? start : 0));
  const sizes = shape.map((_, axis) => (axis === 1 ? length : -1));
  return graph.output({
    op: 'Slice',
    inputs: [value, graph.integers(starts), graph.integers(sizes)],
    attributes: { T: attribute.type(dataTypeOf[dtype]), Index: attribute.type(DataType.int32) },
  });
}

/** The scan as calls of a function; unrolls the remaining steps. */
function inCalls(request: Request, parts: ScanParts<Output>, length: number): ScanResult {
  const { graph, inputTypes, outputTypes, attributes } = request;
  const calls = Math.floor(length / STEPS_PER_CALL);
  const name = addStepsFunction(request, STEPS_PER_CALL);
  const types = { Tin: inputTypes, Tout: outputTypes };
  const starts = Array.from({ length: calls }, (_, i) => i * STEPS_PER_CALL);
  const rest = length - calls * STEPS_PER_CALL;
  const pieces = [
    ...starts.map((start) => ({ start, count: STEPS_PER_CALL })),
    ...(rest === 0 ? [] : [{ start: calls * STEPS_PER_CALL, count: rest }]),
  ];
  let carried = parts.carried;
  const made: { start: number; stacked: readonly Output[] }[] = [];
  for (const { start, count } of attributes.reverse ? pieces.reverse() : pieces) {
    const sequences = parts.sequences.map((sequence, i) =>
      part(graph, sequence, at(inputTypes, attributes.carried + i), start, count),
    );
    const piece = { ...parts, carried, sequences };
    const result =
      count === rest ? unrolled(graph, request, piece, count) : call(graph, name, piece, types, attributes.carried);
    carried = result.carried;
    made.push({ start, stacked: result.stacked });
  }
  made.sort((a, b) => a.start - b.start);
  const stacked = stackedTypes(request).map(({ dtype }, i) =>
    graph.output({
      op: 'ConcatV2',
      inputs: [...made.map((piece) => at(piece.stacked, i)), graph.integer(1)],
      attributes: { N: attribute.int(made.length), T: attribute.type(dataTypeOf[dtype]) },
    }),
  );
  return { carried, stacked };
}

function call(
  graph: GraphBuilder,
  name: string,
  { carried, sequences, matrices, constants }: ScanParts<Output>,
  { Tin, Tout }: { Tin: readonly TensorType[]; Tout: readonly TensorType[] },
  carriedCount: number,
): ScanResult {
  const outputs = graph.outputs(
    {
      op: 'StatefulPartitionedCall',
      inputs: [...carried, ...sequences, ...matrices, ...constants],
      attributes: {
        Tin: attribute.types(Tin.map(({ dtype }) => dataTypeOf[dtype])),
        Tout: attribute.types(Tout.map(({ dtype }) => dataTypeOf[dtype])),
        f: attribute.function(name),
        executor_type: attribute.string('SINGLE_THREADED_EXECUTOR'),
      },
    },
    Tout.length,
  );
  return { carried: outputs.slice(0, carriedCount), stacked: outputs.slice(carriedCount) };
}

export const scanLowerings: LoweringTable<'scan'> = {
  scan: (request) => {
    const { graph, inputs, inputTypes, attributes } = request;
    const parts = scanParts(inputs, attributes);
    const length = scanLength(inputTypes, attributes);
    const { carried, stacked } =
      length <= MAX_UNROLLED_STEPS ? unrolled(graph, request, parts, length) : inCalls(request, parts, length);
    return [...carried, ...stacked];
  },
};
