import { attribute } from './graph-builder.ts';
import { DataType } from './graph-def.ts';
import type { GraphBuilder, Output } from './graph-builder.ts';
import type { Shape } from '../../../../src-shared/program/language/types.ts';

/** A tensor that the native session keeps between calls; all graphs and functions share it by name. */
export interface Variable {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: Shape;
}

/** The variable's handle in `graph`; one node per variable. */
export function handleOf(graph: GraphBuilder, variable: Variable): Output {
  return graph.shared(`variable ${variable.name}`, {
    op: 'VarHandleOp',
    name: `variable/${variable.name}`,
    attributes: {
      dtype: attribute.type(variable.dtype),
      shape: attribute.shape(variable.shape),
      shared_name: attribute.string(variable.name),
      container: attribute.string(''),
    },
  });
}

export function readVariable(graph: GraphBuilder, handle: Output, dtype: DataType): Output {
  return graph.output({
    op: 'ReadVariableOp',
    name: 'read',
    inputs: [handle],
    attributes: { dtype: attribute.type(dtype) },
  });
}

/**
 * Assigns a copy of a fed value and returns the node's name. A fed tensor may share memory with a
 * JavaScript array, which may change and must be released on JavaScript's thread.
 */
export function assignFed(graph: GraphBuilder, variable: Variable, value: Output): string {
  const dtype = attribute.type(variable.dtype);
  const copy = graph.output({ op: 'DeepCopy', inputs: [value], attributes: { T: dtype } });
  return graph.add({
    op: 'AssignVariableOp',
    inputs: [handleOf(graph, variable), copy],
    attributes: { dtype },
  });
}

export function placeholder(graph: GraphBuilder, name: string, dtype: DataType, shape: Shape): Output {
  return graph.output({
    op: 'Placeholder',
    name,
    attributes: { dtype: attribute.type(dtype), shape: attribute.shape(shape) },
  });
}

/** A scalar to fetch for calls that only have side effects. */
export function doneAfter(graph: GraphBuilder, nodes: readonly string[]): Output {
  return graph.output({
    op: 'Identity',
    name: 'done',
    inputs: [graph.integer(1)],
    attributes: { T: attribute.type(DataType.int32) },
    after: nodes,
  });
}
