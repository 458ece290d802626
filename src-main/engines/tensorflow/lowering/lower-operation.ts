import { batchNormalizationLowerings } from './batch-normalization.ts';
import { convolutionLowerings } from './convolution.ts';
import { elementwiseLowerings } from './elementwise.ts';
import { optimizerLowerings } from './optimizers.ts';
import { poolingLowerings } from './pooling.ts';
import { productLowerings } from './products.ts';
import { scanLowerings } from './scan.ts';
import { shapeLowerings } from './shape.ts';
import { at } from './lowering.ts';
import type { Lowering, LoweringTable } from './lowering.ts';
import type { GraphBuilder, Output } from '../graph/graph-builder.ts';
import type {
  OpAttributes,
  Operation,
  OpName,
  Program,
  ValueId,
} from '../../../../src-shared/program/language/types.ts';

/** One lowering to TensorFlow nodes per operation; the type checks that none is missing. */
const lowerings: LoweringTable<OpName> = {
  ...shapeLowerings,
  ...elementwiseLowerings,
  ...productLowerings,
  ...convolutionLowerings,
  ...batchNormalizationLowerings,
  ...poolingLowerings,
  ...optimizerLowerings,
  ...scanLowerings,
};

/** Adds the nodes of one operation of `program` and returns its outputs in order. */
export function lowerOperation(
  graph: GraphBuilder,
  program: Program,
  operation: Operation,
  inputs: readonly Output[],
): readonly Output[] {
  return lower(graph, program, operation, inputs);
}

function lower<Name extends OpName>(
  graph: GraphBuilder,
  program: Program,
  operation: Extract<Operation, { op: Name }>,
  inputs: readonly Output[],
): readonly Output[] {
  const lowering = lowerings[operation.op] as Lowering<Name>;
  const typeOf = (value: number) => {
    const type = program.values[value];
    if (type === undefined) throw new Error(`Program has no value ${value}, needed by '${operation.op}'.`);
    return type;
  };
  return lowering({
    graph,
    inputs,
    inputTypes: operation.inputs.map(typeOf),
    outputTypes: operation.outputs.map(typeOf),
    attributes: operation.attributes as OpAttributes[Name],
    lowerProgram,
  });
}

function lowerProgram(graph: GraphBuilder, program: Program, inputs: readonly Output[]): readonly Output[] {
  const values = new Map(program.inputs.map(({ value }, index) => [value, at(inputs, index)]));
  const valueOf = (value: ValueId): Output => {
    const found = values.get(value);
    if (found === undefined) throw new Error(`Program value ${value} is read before it is made.`);
    return found;
  };
  for (const operation of program.operations) {
    const outputs = lowerOperation(graph, program, operation, operation.inputs.map(valueOf));
    operation.outputs.forEach((value, index) => values.set(value, at(outputs, index)));
  }
  return program.outputs.map(({ value }) => valueOf(value));
}
