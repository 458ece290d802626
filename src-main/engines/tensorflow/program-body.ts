import { attribute } from './graph/graph-builder.ts';
import { dataTypeOf } from './graph/graph-def.ts';
import { lowerOperation } from './lowering/lower-operation.ts';
import { at } from './lowering/lowering.ts';
import { findInPlaceUpdates, inPlaceKernel } from './updates.ts';
import type { GraphBuilder, Output } from './graph/graph-builder.ts';
import type { Program, ProgramState, TensorType, ValueId } from '../../../src-shared/program/language/types.ts';

/** The nodes of a program in a graph or function body. */
export interface ProgramBody {
  /** By output name. */
  readonly outputs: ReadonlyMap<string, Output>;
  /** Nodes that write state; they must run even if no output depends on them. */
  readonly updates: readonly string[];
}

/** Access to a program's state: variables, or constants of the graph (export). */
export interface StateSource {
  /** The value before the program. Called at most once per state entry. */
  read(state: ProgramState, type: TensorType): Output;
  /** Handle of the variable to write. */
  handle(state: ProgramState, type: TensorType): Output;
}

/**
 * Adds one run of `program` to `graph`. State is written after all readers of its old value have
 * run, because a variable without other references is written in place instead of copied.
 *
 * @param inputs By input name.
 */
export function addProgram(
  graph: GraphBuilder,
  program: Program,
  inputs: ReadonlyMap<string, Output>,
  state: StateSource,
): ProgramBody {
  const values = new Map<ValueId, Output>();
  for (const input of program.inputs) {
    const value = inputs.get(input.name);
    if (value === undefined) throw new Error(`No value for program input '${input.name}'.`);
    values.set(input.value, value);
  }
  const stateByValue = new Map(program.state.map((entry) => [entry.value, entry]));
  const readersOf = new Map<ValueId, string[]>();
  const typeOf = (value: ValueId): TensorType => at(program.values, value);
  const resolve = (value: ValueId): Output => {
    const known = values.get(value);
    if (known !== undefined) return known;
    const entry = stateByValue.get(value);
    if (entry === undefined) throw new Error(`Program value ${value} is read before it is made.`);
    const read = state.read(entry, typeOf(value));
    values.set(value, read);
    readersOf.set(value, [read.node]);
    return read;
  };

  const inPlace = findInPlaceUpdates(program);
  for (const operation of program.operations) {
    if (inPlace.has(operation)) continue;
    graph.setScope(operation.scope);
    const operationInputs = operation.inputs.map(resolve);
    const firstNode = graph.nodes.length;
    const outputs = lowerOperation(graph, program, operation, operationInputs);
    operation.outputs.forEach((value, index) => values.set(value, at(outputs, index)));
    for (const value of operation.inputs) {
      const readers = readersOf.get(value);
      for (const node of graph.nodes.slice(firstNode)) readers?.push(node.name);
    }
  }

  const updates: string[] = [];
  const readersOfState = (entries: readonly ProgramState[]): string[] => [
    ...new Set(entries.flatMap((entry) => readersOf.get(entry.value) ?? [])),
  ];
  // Resolve all values first: this may read state, and all reads must be known before the first write.
  const updateInputs = [...inPlace.values()].map(({ operation, states }) =>
    operation.inputs.slice(states.length).map(resolve),
  );
  const assigned = program.state.filter(
    (entry) => entry.update !== undefined && ![...inPlace.values()].some(({ states }) => states.includes(entry)),
  );
  const assignedValues = assigned.map((entry) => resolve(entry.update ?? entry.value));
  const outputs = new Map(program.outputs.map((output) => [output.name, resolve(output.value)]));

  [...inPlace.values()].forEach(({ operation, states }, index) => {
    graph.setScope(operation.scope);
    const handles = states.map((entry) => state.handle(entry, typeOf(entry.value)));
    const kernel = inPlaceKernel(operation, handles, at(updateInputs, index), (value) => graph.float(value));
    updates.push(graph.add({ ...kernel, after: readersOfState(states) }));
  });
  assigned.forEach((entry, index) => {
    graph.setScope('assign');
    const type = typeOf(entry.value);
    updates.push(
      graph.add({
        op: 'AssignVariableOp',
        name: entry.name,
        inputs: [state.handle(entry, type), at(assignedValues, index)],
        attributes: { dtype: attribute.type(dataTypeOf[type.dtype]) },
        after: readersOfState([entry]),
      }),
    );
  });
  graph.setScope('');
  return { outputs, updates };
}
