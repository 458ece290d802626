import type { GraphBuilder, Output } from '../graph/graph-builder.ts';
import type { OpAttributes, OpName, Program, TensorType } from '../../../../src-shared/program/language/types.ts';

/** Arguments of the lowering of one operation. */
export interface LoweringRequest<Name extends OpName> {
  readonly graph: GraphBuilder;
  readonly inputs: readonly Output[];
  readonly inputTypes: readonly TensorType[];
  readonly outputTypes: readonly TensorType[];
  readonly attributes: OpAttributes[Name];
  /** Adds the operations of another program, without state, to a graph or body and returns its outputs in order. */
  readonly lowerProgram: (graph: GraphBuilder, program: Program, inputs: readonly Output[]) => readonly Output[];
}

/** Adds the nodes of one operation and returns its outputs in the operation's order. */
export type Lowering<Name extends OpName> = (request: LoweringRequest<Name>) => readonly Output[];

/** Lowerings of some of the operations. */
export type LoweringTable<Names extends OpName> = { readonly [Name in Names]: Lowering<Name> };

/** An item that must exist by the operation's definition. */
export function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`Expected at least ${index + 1} entries; received ${list.length}.`);
  return item;
}
