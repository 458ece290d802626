import { batchNormalizationLowerings } from './batch-normalization.ts';
import { convolutionLowerings } from './convolution.ts';
import { elementwiseLowerings } from './elementwise.ts';
import { optimizerLowerings } from './optimizers.ts';
import { poolingLowerings } from './pooling.ts';
import { productLowerings } from './products.ts';
import { shapeLowerings } from './shape.ts';
import type { Lowering, LoweringTable } from './lowering.ts';
import type { GraphBuilder, Output } from '../graph-builder.ts';
import type { OpAttributes, Operation, OpName, Program } from '../../../../src-shared/program/types.ts';

/** Every operation of a program as TensorFlow nodes; a missing one does not compile. */
const lowerings: LoweringTable<OpName> = {
  ...shapeLowerings,
  ...elementwiseLowerings,
  ...productLowerings,
  ...convolutionLowerings,
  ...batchNormalizationLowerings,
  ...poolingLowerings,
  ...optimizerLowerings,
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
  });
}
