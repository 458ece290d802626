import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { Program, TensorType } from '../../../src-shared/program/language/types.ts';
import type { HostTensor, ProgramFeeds } from './engine.ts';

/** Type of a program's input. */
export function inputType(program: Program, name: string): TensorType {
  const input = program.inputs.find((candidate) => candidate.name === name);
  const type = input === undefined ? undefined : program.values[input.value];
  if (type === undefined) throw new Error(`The program has no input '${name}'.`);
  return type;
}

/** Names of the program's inputs that have a row per example. */
export function exampleInputs(program: Program): string[] {
  return program.inputs.flatMap(({ name, value }) => (hasBatchAxis(program.values[value]!) ? [name] : []));
}

/** Names of the program's inputs that have one value per step. */
export function stepInputs(program: Program): string[] {
  return program.inputs.flatMap(({ name, value }) => (hasBatchAxis(program.values[value]!) ? [] : [name]));
}

function hasBatchAxis({ shape }: TensorType): boolean {
  return shape[0] === null;
}

/** Whether a run of the program changes the state. */
export function updatesState(program: Program): boolean {
  return updatedState(program).length > 0;
}

/** Names of the state that a run of the program changes. */
export function updatedState(program: Program): string[] {
  return program.state.flatMap(({ name, update }) => (update === undefined ? [] : [name]));
}

/** Values of the step inputs, [steps, …] by name. Throws if one is missing or does not fit: a bug of the caller. */
export function stepValues(
  program: Program,
  values: ProgramFeeds['values'] = {},
  steps: number,
): Map<string, HostTensor> {
  const found = new Map<string, HostTensor>();
  for (const name of stepInputs(program)) {
    const { dtype, shape: declared } = inputType(program, name);
    const shape = [steps, ...declared.map(Number)];
    const data = values[name];
    const fits = data?.length === elementCount(shape);
    if (fits && dtype === 'float32' && data instanceof Float32Array) found.set(name, { dtype, shape, data });
    else if (fits && dtype === 'int32' && data instanceof Int32Array) found.set(name, { dtype, shape, data });
    else {
      const received = data === undefined ? 'nothing' : `${data.length} in a ${data.constructor.name}`;
      throw new Error(`Expected ${elementCount(shape)} ${dtype} values of '${name}'; received ${received}.`);
    }
  }
  return found;
}

/**
 * Throws if the program cannot run this number of steps in one call, or if the rows are not batches of equal size: bugs of
 * the caller.
 */
export function checkSteps(program: Program, steps: number, stepsPerCall: readonly number[], rows: number): void {
  const allowed = updatesState(program) ? stepsPerCall : [1];
  if (!allowed.includes(steps)) throw new Error(`Expected a call of ${allowed.join(', ')} steps; received ${steps}.`);
  if (rows % steps !== 0) throw new Error(`Expected ${steps} batches of equal size; received ${rows} rows.`);
}
