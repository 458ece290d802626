import type { Program, TensorType, ValueId } from '../../../src-shared/program/language/types.ts';
import { GraphWriter } from './model/graph-writer.ts';
import { LoweringContext } from './lowering/context.ts';
import { lowerOperation } from './lowering/lowering.ts';
import type { OnnxGraph, OnnxTensor, OnnxValueInfo } from './model/onnx-model.ts';

/** Names of a program's results in an ONNX graph. */
interface WrittenProgram {
  readonly outputs: ReadonlyMap<string, string>;
  /** New value of each updated state entry, by state name. */
  readonly updates: ReadonlyMap<string, string>;
}

/** Prefixes of graph inputs and outputs, because state and inputs of a program may have equal names. */
export const stateInputName = (state: string): string => `state/${state}`;
export const stateOutputName = (state: string): string => `next/${state}`;
/** The input of one step of an unrolled program. */
export const stepInputName = (input: string, step: number): string => `${input}/${step}`;

/** Symbolic extent of the batch axis in every graph. */
const BATCH = 'batch';

/**
 * Writes a program into a graph.
 *
 * @param feeds ONNX value of each input, by name.
 * @param state ONNX value of each state entry, by name.
 */
function writeProgram(
  writer: GraphWriter,
  program: Program,
  feeds: ReadonlyMap<string, string>,
  state: ReadonlyMap<string, string>,
): WrittenProgram {
  const context = new LoweringContext(writer, program.values, valuesPooledWithGradient(program), lowerOperation);
  for (const { name, value } of program.inputs) context.bind(value, required(feeds, name));
  for (const { name, value } of program.state) context.bind(value, required(state, name));
  for (const operation of program.operations) lowerOperation(context, operation);
  writer.scope = 'results';
  return {
    outputs: new Map(program.outputs.map(({ name, value }) => [name, context.get(value)])),
    updates: new Map(
      program.state.flatMap(({ name, update }) => (update === undefined ? [] : [[name, context.get(update)] as const])),
    ),
  };
}

function valuesPooledWithGradient(program: Program): ReadonlySet<ValueId> {
  const gradients = program.operations.filter(({ op }) => op === 'maxPool2dGradient');
  return new Set(gradients.map(({ inputs }) => inputs[1]!));
}

function required(names: ReadonlyMap<string, string>, name: string): string {
  const found = names.get(name);
  if (found === undefined) throw new Error(`No value for '${name}', which the program reads`);
  return found;
}

function valueInfo(name: string, { dtype, shape }: TensorType): OnnxValueInfo {
  return { name, type: dtype, shape: shape.map((extent) => extent ?? BATCH) };
}

/**
 * A program as a graph that runs it once: inputs and outputs have their names, state entries are
 * inputs `state/…`.
 *
 * @param constants State entries, by name, that become constants instead of inputs, as in an
 *   exported model. The arrays are not copied.
 */
export function programGraph(
  name: string,
  program: Program,
  constants: ReadonlyMap<string, Omit<OnnxTensor, 'name'>> = new Map(),
): OnnxGraph {
  const writer = new GraphWriter();
  const feeds = new Map(
    program.inputs.map((input) => [input.name, writer.input(valueInfo(input.name, typeOf(program, input.value)))]),
  );
  const state = new Map(
    program.state.map((entry) => {
      const constant = constants.get(entry.name);
      const value =
        constant === undefined
          ? writer.input(valueInfo(stateInputName(entry.name), typeOf(program, entry.value)))
          : writer.initializer(constant.type, constant.shape, constant.bytes);
      return [entry.name, value];
    }),
  );
  const { outputs } = writeProgram(writer, program, feeds, state);
  for (const output of program.outputs) {
    writer.output(outputs.get(output.name)!, valueInfo(output.name, typeOf(program, output.value)));
  }
  return writer.finish(name);
}

/**
 * A training program unrolled to `steps` steps, with the state passed from step to step inside the
 * graph. Inputs are `x/0`, `x/1`, …; state entries are inputs `state/…` and, if updated, outputs
 * `next/…`; outputs are stacked along a new first axis, one row per step.
 */
export function unrolledGraph(name: string, program: Program, steps: number): OnnxGraph {
  const writer = new GraphWriter();
  const inputs = Array.from(
    { length: steps },
    (_, step) =>
      new Map(
        program.inputs.map((input) => {
          const info = valueInfo(stepInputName(input.name, step), typeOf(program, input.value));
          return [input.name, writer.input(info)];
        }),
      ),
  );
  let state: ReadonlyMap<string, string> = new Map(
    program.state.map((entry) => [
      entry.name,
      writer.input(valueInfo(stateInputName(entry.name), typeOf(program, entry.value))),
    ]),
  );
  const rows = new Map<string, string[]>(program.outputs.map((output) => [output.name, []]));
  for (const feeds of inputs) {
    const written = writeProgram(writer, program, feeds, state);
    state = new Map([...state, ...written.updates]);
    for (const [output, value] of written.outputs) {
      rows.get(output)!.push(writer.node('Unsqueeze', [value, writer.integers([0])]));
    }
  }
  for (const output of program.outputs) {
    const type = typeOf(program, output.value);
    const stacked = writer.node('Concat', rows.get(output.name)!, { axis: 0 });
    writer.output(stacked, valueInfo(output.name, { ...type, shape: [steps, ...type.shape] }));
  }
  for (const entry of program.state) {
    if (entry.update === undefined) continue;
    writer.output(state.get(entry.name)!, valueInfo(stateOutputName(entry.name), typeOf(program, entry.update)));
  }
  return writer.finish(name);
}

function typeOf(program: Program, value: ValueId): TensorType {
  const type = program.values[value];
  if (type === undefined) throw new Error(`Program has no value ${value}`);
  return type;
}
