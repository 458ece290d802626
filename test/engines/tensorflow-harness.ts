import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import {
  argument,
  attribute,
  functionDef,
  GraphBuilder,
} from '../../src-main/engines/tensorflow/graph/graph-builder.ts';
import { dataTypeOf } from '../../src-main/engines/tensorflow/graph/graph-def.ts';
import { loadTensorFlow } from '../../src-main/engines/tensorflow/load.ts';
import { NativeSession } from '../../src-main/engines/tensorflow/native-session.ts';
import { addProgram } from '../../src-main/engines/tensorflow/program-body.ts';
import { addProgramSignature } from '../../src-main/engines/tensorflow/program-signature.ts';
import { placeholder } from '../../src-main/engines/tensorflow/graph/variables.ts';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import type {
  Attributes,
  FunctionDef,
  GraphModel,
  Signature,
} from '../../src-main/engines/tensorflow/graph/graph-def.ts';
import type { StateSource } from '../../src-main/engines/tensorflow/program-body.ts';
import type { Program, TensorType } from '../../src-shared/program/language/types.ts';

/** The installed native library; null: none. */
export const engineFolder = findTensorFlow()?.folder ?? null;

export type RunResult = Record<string, HostTensor> | Error;

const noState: StateSource = {
  read: ({ name }) => {
    throw new Error(`The program reads state '${name}'.`);
  },
  handle: ({ name }) => {
    throw new Error(`The program writes state '${name}'.`);
  },
};

/**
 * Runs a program without state, as nodes of the graph and as the body of a function, because the two name tensors
 * differently.
 *
 * @returns The outputs or the error of both runs.
 */
export async function runProgram(
  program: Program,
  inputs: Readonly<Record<string, HostTensor>>,
): Promise<{ graph: RunResult; body: RunResult }> {
  if (engineFolder === null) throw new Error('No native engine.');
  const { tf } = loadTensorFlow(engineFolder, 1);
  const graph = new GraphBuilder('graph');
  const called = addCall(graph, 'program', program);
  const signatures = { graph: addProgramSignature(graph, program, noState), body: called.signature };
  const model: GraphModel = { nodes: graph.nodes, functions: [called.definition, ...graph.functions], signatures };
  const session = await NativeSession.open(tf, model);
  const run = (signature: string) => session.run(signature, inputs).catch((error: unknown) => error as Error);
  try {
    return { graph: await run('graph'), body: await run('body') };
  } finally {
    session.dispose();
  }
}

/** Runs a program without state only as nodes of the graph, which halves the work. @throws The engine's error. */
export async function runGraph(
  program: Program,
  inputs: Readonly<Record<string, HostTensor>>,
): Promise<Record<string, HostTensor>> {
  const graph = new GraphBuilder('graph');
  const signatures = { graph: addProgramSignature(graph, program, noState) };
  return runSignature({ nodes: graph.nodes, functions: graph.functions, signatures }, 'graph', inputs);
}

/** Runs several programs, each in its own session. */
export async function runPrograms(
  programs: readonly { program: Program; inputs: Readonly<Record<string, HostTensor>> }[],
): Promise<{ graph: RunResult; body: RunResult }[]> {
  const results = [];
  for (const { program, inputs } of programs) results.push(await runProgram(program, inputs));
  return results;
}

/** Runs a program without state as a function that XLA compiles. @throws The engine's error. */
export async function runWithXla(
  program: Program,
  inputs: Readonly<Record<string, HostTensor>>,
): Promise<Record<string, HostTensor>> {
  const graph = new GraphBuilder('graph');
  const { definition, signature } = addCall(graph, 'program', program, { _XlaMustCompile: attribute.bool(true) });
  return runSignature(
    {
      nodes: graph.nodes,
      functions: [definition, ...graph.functions],
      signatures: { compiled: signature },
    },
    'compiled',
    inputs,
  );
}

/** Runs one signature in its own session. */
async function runSignature(
  model: GraphModel,
  signature: string,
  inputs: Readonly<Record<string, HostTensor>>,
): Promise<Record<string, HostTensor>> {
  if (engineFolder === null) throw new Error('No native engine.');
  const { tf } = loadTensorFlow(engineFolder, 1);
  const session = await NativeSession.open(tf, model);
  try {
    return await session.run(signature, inputs);
  } finally {
    session.dispose();
  }
}

function addCall(
  graph: GraphBuilder,
  name: string,
  program: Program,
  attributes: Attributes = {},
): { definition: FunctionDef; signature: Signature } {
  const typeOf = (value: number): TensorType => program.values[value]!;
  const inputs = program.inputs.map((input) => ({ name: input.name, type: dataTypeOf[typeOf(input.value).dtype] }));
  const body = new GraphBuilder('function', {
    reservedNames: inputs.map((input) => input.name),
    propagatesNaN: true,
    functions: graph.functions,
  });
  const values = new Map(inputs.map((input) => [input.name, argument(input.name)]));
  const { outputs } = addProgram(body, program, values, noState);
  const results = program.outputs.map((output) => ({
    name: output.name,
    type: dataTypeOf[typeOf(output.value).dtype],
    value: outputs.get(output.name)!,
  }));
  const fed = program.inputs.map((input) => {
    const type = typeOf(input.value);
    return placeholder(graph, `${name}/${input.name}`, dataTypeOf[type.dtype], type.shape);
  });
  const call = graph.add({
    op: 'StatefulPartitionedCall',
    name,
    inputs: fed,
    attributes: {
      Tin: attribute.types(inputs.map((input) => input.type)),
      Tout: attribute.types(results.map((result) => result.type)),
      f: attribute.function(name),
      ...attributes,
    },
  });
  const describe = (tensor: string, type: TensorType) => ({ tensor, dtype: dataTypeOf[type.dtype], shape: type.shape });
  return {
    definition: functionDef(name, inputs, body, results, []),
    signature: {
      inputs: Object.fromEntries(
        program.inputs.map((input, index) => [input.name, describe(`${fed[index]!.node}:0`, typeOf(input.value))]),
      ),
      outputs: Object.fromEntries(
        program.outputs.map((output, index) => [output.name, describe(`${call}:${index}`, typeOf(output.value))]),
      ),
    },
  };
}
