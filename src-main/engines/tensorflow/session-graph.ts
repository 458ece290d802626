import { exampleInputs, inputType, stepScalars } from '../interface/check-tensor.ts';
import { argument, attribute, functionDef, GraphBuilder } from './graph/graph-builder.ts';
import { DataType, dataTypeOf } from './graph/graph-def.ts';
import { addProgram } from './program-body.ts';
import { addProgramSignature } from './program-signature.ts';
import { addGather, addLoadSignatures, gatherFunctions } from './resident-data.ts';
import type { DataTensor } from './resident-data.ts';
import { assignFed, doneAfter, handleOf, placeholder, readVariable } from './graph/variables.ts';
import type { Output } from './graph/graph-builder.ts';
import type { FunctionDef, GraphModel, Signature, SignatureTensor } from './graph/graph-def.ts';
import type { StateSource } from './program-body.ts';
import type { Variable } from './graph/variables.ts';
import { DRAW, drawsNoise } from '../../../src-shared/compiler/forward/draws.ts';
import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import type { Program, TensorType } from '../../../src-shared/program/language/types.ts';

/**
 * TensorFlow's executor for a step. Single-threaded: for small networks, switching threads costs more
 * than parallel execution gains. Default (''): runs independent operations in parallel.
 */
export type Executor = 'SINGLE_THREADED_EXECUTOR' | '';

/** State entries that are read and written together. */
export type StateGroup = 'weights' | 'slots';

export const signatureName = {
  train: (steps: number) => `train${steps}`,
  evaluate: 'evaluate',
  predict: 'predict',
  read: (group: StateGroup) => `read/${group}`,
  write: (group: StateGroup) => `write/${group}`,
} as const;

/** The variables of a model by group, in the order of its weights and slots. */
function stateVariables(model: CompiledModel): Record<StateGroup, Variable[]> {
  return {
    weights: model.weights.map(({ name, shape }) => ({ name, dtype: DataType.float, shape })),
    slots: model.slots.map(({ name, dtype, shape }) => ({ name, dtype: dataTypeOf[dtype], shape })),
  };
}

/**
 * The graph of one session; all signatures share its variables.
 *
 * - `train{K}`: K steps in one call. The step is a function; its calls are chained by control
 *   inputs, so each step reads the state that the previous one wrote. All K batches are gathered at once.
 * - `evaluate`, `predict`: one batch.
 * - `read/…`, `write/…`: weights or slots; inputs and outputs are named `v0`, `v1`, … .
 * - `load/…`: see `resident-data.ts`.
 */
export function buildSessionGraph(
  model: CompiledModel,
  stepsPerCall: readonly number[],
  executor: Executor,
): GraphModel {
  const graph = new GraphBuilder('graph', { propagatesNaN: true });
  const types = exampleTypes(model.train);
  const functions = [
    programFunction('train_step', model.train, graph.functions),
    programFunction('evaluate_batch', model.evaluate, graph.functions),
    ...types.flatMap(gatherFunctions),
  ];
  const signatures: Record<string, Signature> = {};
  for (const data of types) Object.assign(signatures, addLoadSignatures(graph, data));
  for (const steps of new Set(stepsPerCall)) {
    graph.setScope(signatureName.train(steps));
    signatures[signatureName.train(steps)] = addTrain(graph, model, types, steps, executor);
  }
  graph.setScope(signatureName.evaluate);
  signatures[signatureName.evaluate] = addEvaluate(graph, model, types, executor);
  graph.setScope(signatureName.predict);
  signatures[signatureName.predict] = addProgramSignature(graph, model.predict, variableState(graph));
  for (const [group, variables] of Object.entries(stateVariables(model)) as [StateGroup, Variable[]][]) {
    if (variables.length === 0) continue;
    graph.setScope(signatureName.read(group));
    signatures[signatureName.read(group)] = addRead(graph, variables);
    graph.setScope(signatureName.write(group));
    signatures[signatureName.write(group)] = addWrite(graph, variables);
  }
  return { nodes: graph.nodes, functions: [...functions, ...graph.functions], signatures };
}

/** The tensors of examples that a program reads. */
export function exampleTypes(program: Program): DataTensor[] {
  // y last, as in models with one tensor of features.
  const inputs = exampleInputs(program).toSorted((a, b) => Number(a === 'y') - Number(b === 'y'));
  let further = 0;
  return inputs.map((input) => {
    const key = input === 'x' || input === 'y' ? input : `x${++further}`;
    return { input, key, type: inputType(program, input) };
  });
}

/** Access to state as variables of the session. */
function variableState(graph: GraphBuilder): StateSource {
  const handle: StateSource['handle'] = (state, type) =>
    handleOf(graph, { name: state.name, dtype: dataTypeOf[type.dtype], shape: type.shape });
  return { handle, read: (state, type) => readVariable(graph, handle(state, type), dataTypeOf[type.dtype]) };
}

/** A program as a function with the arguments `x`, `y`, …, which returns `report`. */
function programFunction(name: string, program: Program, functions: FunctionDef[]): FunctionDef {
  const names = argumentNames(program);
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
  const report = outputs.get('report');
  if (report === undefined) throw new Error(`The program for '${name}' has no output 'report'.`);
  return functionDef(name, inputs, body, [{ name: 'report', type: DataType.float, value: report }], updates);
}

/** Names of function arguments by input: snake case, and the keys of data tensors. */
function argumentNames(program: Program): Map<string, string> {
  const keys = new Map(exampleTypes(program).map(({ input, key }) => [input, key]));
  const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return new Map(program.inputs.map(({ name }) => [name, keys.get(name) ?? snakeCase(name)]));
}

function callProgram(
  graph: GraphBuilder,
  name: string,
  program: Program,
  inputs: Readonly<Record<string, Output>>,
  executor: Executor,
  after: readonly string[] = [],
): Output {
  const args = program.inputs.map((input) => {
    const value = inputs[input.name];
    if (value === undefined) throw new Error(`The program reads '${input.name}', which is not given.`);
    return value;
  });
  return graph.output({
    op: 'StatefulPartitionedCall',
    name,
    inputs: args,
    attributes: {
      Tin: attribute.types(program.inputs.map((input) => dataTypeOf[inputType(program, input.name).dtype])),
      Tout: attribute.types([DataType.float]),
      f: attribute.function(name),
      executor_type: attribute.string(executor),
    },
    after,
  });
}

function addTrain(
  graph: GraphBuilder,
  model: CompiledModel,
  types: readonly DataTensor[],
  steps: number,
  executor: Executor,
): Signature {
  const { inputs, batch } = addBatch(graph, types);
  const batches = types.map(({ input, type }) => ({ input, parts: perStep(graph, batch[input]!, type, steps) }));
  const scalars = stepScalars.flatMap(({ input }) => {
    if (!model.train.inputs.some(({ name }) => name === input)) return [];
    const all = placeholder(graph, input, DataType.float, [steps]);
    inputs[input] = tensorInfo(all, DataType.float, [steps]);
    return [{ input, perStep: unpacked(graph, all, DataType.float, steps) }];
  });
  const reports: Output[] = [];
  for (let step = 0; step < steps; step++) {
    const before = reports.at(-1);
    const values = Object.fromEntries(batches.map(({ input, parts }) => [input, parts[step]!]));
    for (const { input, perStep } of scalars) values[input] = perStep[step]!;
    reports.push(
      callProgram(graph, 'train_step', model.train, values, executor, before === undefined ? [] : [before.node]),
    );
  }
  const stacked = graph.output({
    op: 'Pack',
    name: 'reports',
    inputs: reports,
    attributes: { N: attribute.int(steps), T: attribute.type(DataType.float), axis: attribute.int(0) },
  });
  return {
    inputs,
    outputs: { reports: tensorInfo(stacked, DataType.float, [steps, model.reportLength]) },
  };
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
 */
function addBatch(
  graph: GraphBuilder,
  types: readonly DataTensor[],
): { inputs: Record<string, SignatureTensor>; batch: Record<string, Output> } {
  const count = types.length;
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
      types.map((data, i) => [data.input, addGather(graph, data, types, sourceOf[i]!, rowsOf[i]!)]),
    ),
  };
}

function addEvaluate(
  graph: GraphBuilder,
  model: CompiledModel,
  types: readonly DataTensor[],
  executor: Executor,
): Signature {
  const { inputs, batch } = addBatch(graph, types);
  const values: Record<string, Output> = { ...batch };
  if (drawsNoise(model.evaluate)) {
    const draw = placeholder(graph, DRAW, DataType.int32, []);
    inputs[DRAW] = tensorInfo(draw, DataType.int32, []);
    values[DRAW] = draw;
  }
  const report = callProgram(graph, 'evaluate_batch', model.evaluate, values, executor);
  return { inputs, outputs: { report: tensorInfo(report, DataType.float, [model.reportLength]) } };
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
