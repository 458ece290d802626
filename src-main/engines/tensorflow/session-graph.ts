import { exampleInputs, inputType, stepInputs, updatedState, updatesState } from '../interface/program-inputs.ts';
import type { SessionModel } from '../interface/engine.ts';
import { argument, attribute, functionDef, GraphBuilder } from './graph/graph-builder.ts';
import { DataType, dataTypeOf } from './graph/graph-def.ts';
import { addProgram } from './program-body.ts';
import { addGather, addLoadSignatures, gatherFunctions } from './resident-data.ts';
import type { DataTensor } from './resident-data.ts';
import { assignFed, doneAfter, handleOf, placeholder, readVariable } from './graph/variables.ts';
import type { Output } from './graph/graph-builder.ts';
import type { FunctionDef, GraphModel, Signature, SignatureTensor } from './graph/graph-def.ts';
import type { StateSource } from './program-body.ts';
import type { Variable } from './graph/variables.ts';
import { elementCount, sameType } from '../../../src-shared/program/language/shape.ts';
import type { Program, TensorType } from '../../../src-shared/program/language/types.ts';

/**
 * TensorFlow's executor for a step. Single-threaded: for small networks, switching threads costs more
 * than parallel execution gains. Default (''): runs independent operations in parallel.
 */
export type Executor = 'SINGLE_THREADED_EXECUTOR' | '';

/** State entries that are read and written together, with a number. Constants: weights that no program changes. */
export type StateGroup = `${'constants' | 'weights' | 'slots'}/${number}`;

/** Bytes of a group, unless one entry has more: a read copies a group to host memory. */
const GROUP_BYTES = 64 * 2 ** 20;

export const signatureName = {
  rows: (program: string, steps: number) => `run/${program}/rows/${steps}`,
  examples: (program: string) => `run/${program}/examples`,
  read: (group: StateGroup) => `read/${group}`,
  write: (group: StateGroup) => `write/${group}`,
} as const;

/** The state of a model by group, in the order of its weights and slots. */
export function stateGroups({
  programs,
  weights,
  slots,
}: SessionModel): ReadonlyMap<StateGroup, Map<string, TensorType>> {
  const updated = new Set(Object.values(programs).flatMap(updatedState));
  const types = weights.map(({ name, shape }) => [name, { dtype: 'float32', shape }] as const);
  const kinds = {
    constants: types.filter(([name]) => !updated.has(name)),
    weights: types.filter(([name]) => updated.has(name)),
    slots: slots.map(({ name, dtype, shape }) => [name, { dtype, shape }] as const),
  };
  const groups = new Map<StateGroup, Map<string, TensorType>>();
  for (const kind of ['constants', 'weights', 'slots'] as const) {
    let bytes = Infinity;
    let group = new Map<string, TensorType>();
    for (const [name, type] of kinds[kind]) {
      const size = 4 * elementCount(type.shape);
      if (bytes + size > GROUP_BYTES) {
        bytes = 0;
        group = new Map();
        groups.set(`${kind}/${groups.size}`, group);
      }
      group.set(name, type);
      bytes += size;
    }
  }
  return groups;
}

/**
 * The graph of one session; all signatures share its variables.
 *
 * - `run/{program}/rows/{K}`: K runs on gathered rows. The program is a function; its calls are chained by control
 *   inputs, so each step reads the state that the previous one wrote. All K batches are gathered at once.
 * - `run/{program}/examples`: one run on fed examples.
 * - `read/…`, `write/…`: a group of the state; inputs and outputs are named `v0`, `v1`, … .
 * - `load/…`: see `resident-data.ts`.
 */
export function buildSessionGraph(
  model: SessionModel,
  stepsPerCall: readonly number[],
  executor: Executor,
): GraphModel {
  const graph = new GraphBuilder('graph', { propagatesNaN: true });
  const programs = Object.entries(model.programs);
  const types = exampleTypes(programs.map(([, program]) => program));
  const functions = [
    ...programs.map(([name, program]) => programFunction(name, program, types, graph.functions)),
    ...types.flatMap(gatherFunctions),
  ];
  const signatures: Record<string, Signature> = {};
  for (const data of types) Object.assign(signatures, addLoadSignatures(graph, data));
  for (const [name, program] of programs) {
    const called = { name, program, executor };
    const addSignature = (key: string, add: () => Signature): void => {
      graph.setScope(key);
      signatures[key] = add();
    };
    addSignature(signatureName.examples(name), () => addExamplesCall(graph, called));
    if (exampleInputs(program).length === 0) continue;
    for (const steps of new Set(updatesState(program) ? stepsPerCall : [1])) {
      addSignature(signatureName.rows(name, steps), () => addRowsCall(graph, called, types, steps));
    }
  }
  for (const [group, types] of stateGroups(model)) {
    const variables = [...types].map(([name, { dtype, shape }]) => ({ name, dtype: dataTypeOf[dtype], shape }));
    graph.setScope(signatureName.read(group));
    signatures[signatureName.read(group)] = addRead(graph, variables);
    graph.setScope(signatureName.write(group));
    signatures[signatureName.write(group)] = addWrite(graph, variables);
  }
  return { nodes: graph.nodes, functions: [...functions, ...graph.functions], signatures };
}

/** The tensors of examples that the programs read. Throws if the programs differ in an input's type. */
export function exampleTypes(programs: readonly Program[]): DataTensor[] {
  const types = new Map<string, TensorType>();
  for (const program of programs) {
    for (const input of exampleInputs(program)) {
      const type = inputType(program, input);
      if (!sameType(types.get(input) ?? type, type)) throw new Error(`The programs differ in the type of '${input}'.`);
      types.set(input, type);
    }
  }
  // y last, as in models with one tensor of features.
  const inputs = [...types].toSorted(([a], [b]) => Number(a === 'y') - Number(b === 'y'));
  let further = 0;
  return inputs.map(([input, type]) => {
    const key = input === 'x' || input === 'y' ? input : `x${++further}`;
    return { input, key, type };
  });
}

/** Access to state as variables of the session. */
function variableState(graph: GraphBuilder): StateSource {
  const handle: StateSource['handle'] = (state, type) =>
    handleOf(graph, { name: state.name, dtype: dataTypeOf[type.dtype], shape: type.shape });
  return { handle, read: (state, type) => readVariable(graph, handle(state, type), dataTypeOf[type.dtype]) };
}

/** A program of the session and how its function is executed. */
interface Called {
  readonly name: string;
  readonly program: Program;
  readonly executor: Executor;
}

const functionName = (program: string): string => `program_${program}`;

/** A program as a function with its inputs as arguments. */
function programFunction(
  name: string,
  program: Program,
  types: readonly DataTensor[],
  functions: FunctionDef[],
): FunctionDef {
  const names = argumentNames(program, types);
  const inputs = program.inputs.map((input) => ({
    name: names.get(input.name)!,
    type: dataTypeOf[inputType(program, input.name).dtype],
  }));
  const body = new GraphBuilder('function', {
    reservedNames: inputs.map((input) => input.name),
    propagatesNaN: true,
    functions,
  });
  const values = new Map(program.inputs.map((input) => [input.name, argument(names.get(input.name)!)]));
  const { outputs, updates } = addProgram(body, program, values, variableState(body));
  const results = program.outputs.map((output, index) => ({
    name: `output_${index}`,
    type: dataTypeOf[program.values[output.value]!.dtype],
    value: outputs.get(output.name)!,
  }));
  return functionDef(functionName(name), inputs, body, results, updates);
}

/** Names of function arguments by input: snake case, and the keys of data tensors. */
function argumentNames(program: Program, types: readonly DataTensor[]): Map<string, string> {
  const keys = new Map(types.map(({ input, key }) => [input, key]));
  const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return new Map(program.inputs.map(({ name }) => [name, keys.get(name) ?? snakeCase(name)]));
}

/** @returns The program's outputs, in order. */
function callProgram(
  graph: GraphBuilder,
  { name, program, executor }: Called,
  inputs: Readonly<Record<string, Output>>,
  after: readonly string[],
): Output[] {
  const args = program.inputs.map((input) => {
    const value = inputs[input.name];
    if (value === undefined) throw new Error(`The program reads '${input.name}', which is not given.`);
    return value;
  });
  return graph.outputs(
    {
      op: 'StatefulPartitionedCall',
      name,
      inputs: args,
      attributes: {
        Tin: attribute.types(program.inputs.map((input) => dataTypeOf[inputType(program, input.name).dtype])),
        Tout: attribute.types(program.outputs.map(({ value }) => dataTypeOf[program.values[value]!.dtype])),
        f: attribute.function(functionName(name)),
        executor_type: attribute.string(executor),
      },
      after,
    },
    program.outputs.length,
  );
}

function addRowsCall(graph: GraphBuilder, called: Called, types: readonly DataTensor[], steps: number): Signature {
  const { inputs, batch } = addBatch(graph, called.program, types);
  const batches = Object.entries(batch).map(([input, rows]) => {
    return [input, perStep(graph, rows, inputType(called.program, input), steps)] as const;
  });
  return addSteps(graph, called, inputs, new Map(batches), steps);
}

function addExamplesCall(graph: GraphBuilder, called: Called): Signature {
  const inputs: Record<string, SignatureTensor> = {};
  const batches = exampleInputs(called.program).map((input) => {
    const { dtype, shape } = inputType(called.program, input);
    const fed = placeholder(graph, input, dataTypeOf[dtype], shape);
    inputs[input] = tensorInfo(fed, dataTypeOf[dtype], shape);
    return [input, [fed]] as const;
  });
  return addSteps(graph, called, inputs, new Map(batches), 1);
}

/**
 * Adds the steps of a call and the inputs with a value per step.
 *
 * @param batches By example input, one per step.
 */
function addSteps(
  graph: GraphBuilder,
  called: Called,
  inputs: Record<string, SignatureTensor>,
  batches: ReadonlyMap<string, readonly Output[]>,
  steps: number,
): Signature {
  const { program } = called;
  const given = new Map(batches);
  for (const input of stepInputs(program)) {
    const type = inputType(program, input);
    const dtype = dataTypeOf[type.dtype];
    const shape = [steps, ...type.shape];
    const all = placeholder(graph, input, dtype, shape);
    inputs[input] = tensorInfo(all, dtype, shape);
    given.set(input, unpacked(graph, all, dtype, steps));
  }
  const results: Output[][] = [];
  for (let step = 0; step < steps; step++) {
    const before = results.at(-1)?.[0];
    const values = Object.fromEntries([...given].map(([input, parts]) => [input, parts[step]!]));
    results.push(callProgram(graph, called, values, before === undefined ? [] : [before.node]));
  }
  const outputs = program.outputs.map(({ name, value }, index) => {
    const { dtype, shape } = program.values[value]!;
    const type = dataTypeOf[dtype];
    const parts = results.map((outputsOfStep) => outputsOfStep[index]!);
    if (!updatesState(program)) return [name, tensorInfo(parts[0]!, type, shape)] as const;
    return [name, tensorInfo(stacked(graph, parts, type), type, [steps, ...shape])] as const;
  });
  return { inputs, outputs: Object.fromEntries(outputs) };
}

/** Tensors of equal shape as rows of one. */
function stacked(graph: GraphBuilder, rows: readonly Output[], dtype: DataType): Output {
  const attributes = { N: attribute.int(rows.length), T: attribute.type(dtype), axis: attribute.int(0) };
  return graph.output({ op: 'Pack', name: 'steps', inputs: rows, attributes });
}

/** The `count` parts of a tensor along axis 0, without that axis. */
function unpacked(graph: GraphBuilder, tensor: Output, dtype: DataType, count: number): Output[] {
  const attributes = { num: attribute.int(count), T: attribute.type(dtype), axis: attribute.int(0) };
  return graph.outputs({ op: 'Unpack', inputs: [tensor], attributes }, count);
}

/** Splits consecutive batches of equal size along axis 0 into `steps` tensors. */
function perStep(graph: GraphBuilder, batches: Output, type: TensorType, steps: number): Output[] {
  if (steps === 1) return [batches];
  return graph.outputs(
    {
      op: 'Split',
      inputs: [graph.integer(0), batches],
      attributes: { T: attribute.type(dataTypeOf[type.dtype]), num_split: attribute.int(steps) },
    },
    steps,
  );
}

/**
 * Adds a batch with the inputs `sources` and `rows`: for each tensor its variable (`sourceIndex`) and its
 * rows. One input for all tensors: each costs several microseconds a call.
 *
 * @param types Tensors of the session.
 */
function addBatch(
  graph: GraphBuilder,
  program: Program,
  types: readonly DataTensor[],
): { inputs: Record<string, SignatureTensor>; batch: Record<string, Output> } {
  const read = tensorsRead(program, types);
  const count = read.length;
  const sources = placeholder(graph, 'sources', DataType.int32, [count]);
  const rows = placeholder(graph, 'rows', DataType.int32, [count, null]);
  const sourceOf = unpacked(graph, sources, DataType.int32, count);
  const rowsOf = unpacked(graph, rows, DataType.int32, count);
  return {
    inputs: {
      sources: tensorInfo(sources, DataType.int32, [count]),
      rows: tensorInfo(rows, DataType.int32, [count, null]),
    },
    batch: Object.fromEntries(
      read.map((data, i) => [data.input, addGather(graph, data, types, sourceOf[i]!, rowsOf[i]!)]),
    ),
  };
}

/** Tensors of the session that a program reads, in the order of the inputs `sources` and `rows`. */
export function tensorsRead(program: Program, types: readonly DataTensor[]): DataTensor[] {
  const names = new Set(exampleInputs(program));
  return types.filter(({ input }) => names.has(input));
}

function addRead(graph: GraphBuilder, variables: readonly Variable[]): Signature {
  const outputs: Record<string, SignatureTensor> = {};
  variables.forEach((variable, index) => {
    const value = readVariable(graph, handleOf(graph, variable), variable.dtype);
    outputs[`v${index}`] = tensorInfo(value, variable.dtype, variable.shape);
  });
  return { inputs: {}, outputs };
}

function addWrite(graph: GraphBuilder, variables: readonly Variable[]): Signature {
  const inputs: Record<string, SignatureTensor> = {};
  const assigned = variables.map((variable, index) => {
    const value = placeholder(graph, `v${index}`, variable.dtype, variable.shape);
    inputs[`v${index}`] = tensorInfo(value, variable.dtype, variable.shape);
    return assignFed(graph, variable, value);
  });
  return { inputs, outputs: { done: tensorInfo(doneAfter(graph, assigned), DataType.int32, []) } };
}

function tensorInfo(output: Output, dtype: DataType, shape: SignatureTensor['shape']): SignatureTensor {
  return { tensor: `${output.node}:${output.index}`, dtype, shape };
}
