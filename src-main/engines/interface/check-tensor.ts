import { AppError } from '../../../src-shared/errors/app-error.ts';
import { showShape } from '../../../src-shared/program/language/shape.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import type { Program, TensorType } from '../../../src-shared/program/language/types.ts';
import type { HostTensor, SplitTensor, SplitTensors, TrainRequest } from './engine.ts';

// Checks of tensors from outside, shared by all engines.

const elementCount = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/**
 * Checks a tensor against its type in a program.
 *
 * @throws AppError `engine/tensor-mismatch` naming the tensor, what was expected and received.
 */
export function checkTensor(name: string, tensor: HostTensor | undefined, type: TensorType): void {
  const fits =
    tensor?.dtype === type.dtype &&
    tensor.shape.length === type.shape.length &&
    type.shape.every((extent, axis) => extent === null || extent === tensor.shape[axis]) &&
    tensor.data.length === elementCount(tensor.shape);
  if (fits) return;
  throw new AppError(
    'engine/tensor-mismatch',
    `Expected '${name}' to be ${type.dtype} ${showShape(type.shape)}; received ${tensor === undefined ? 'nothing' : `${tensor.dtype} ${showShape(tensor.shape)} with ${tensor.data.length} elements`}. ` +
      ` Prepare it with the same model and data set.`,
    { name },
  );
}

/** Type of a program's input. */
export function inputType(program: Program, name: string): TensorType {
  const input = program.inputs.find((candidate) => candidate.name === name);
  const type = input === undefined ? undefined : program.values[input.value];
  if (type === undefined) throw new Error(`The program has no input '${name}'.`);
  return type;
}

/** Names of the program's inputs that have a row per example. */
export function exampleInputs(program: Program): string[] {
  return program.inputs.flatMap(({ name, value }) => (program.values[value]!.shape.length === 0 ? [] : [name]));
}

/** The number of rows of a split; throws if its tensors differ in it: a bug of the caller. */
export function rowsOfSplit(split: SplitName, tensors: SplitTensors): number {
  const rows = tensors.y.shape[0] ?? 0;
  for (const [input, { shape }] of Object.entries(tensors)) {
    if (shape[0] !== rows) throw new Error(`The ${split} split has ${shape[0]} rows of '${input}' and ${rows} of 'y'.`);
  }
  return rows;
}

/**
 * Checks a split's tensor against the program's input of that name.
 *
 * @throws AppError `engine/tensor-mismatch` if gathered rows would not fit.
 */
export function checkSplitTensor(name: string, tensor: SplitTensor | undefined, type: TensorType): void {
  if (tensor === undefined) throw new Error(`The split has no tensor '${name}'.`);
  const { dtype, shape, data } = tensor;
  const rows = dtype === 'uint8' ? 'float32' : dtype;
  const fits =
    rows === type.dtype &&
    shape.length === type.shape.length &&
    shape.slice(1).every((extent, axis) => extent === type.shape[axis + 1]) &&
    data.length === elementCount(shape);
  if (fits) return;
  throw new AppError(
    'engine/tensor-mismatch',
    `Expected the model's input '${name}' to be ${type.dtype} ${showShape(type.shape)}; received ${dtype} ` +
      `${showShape([null, ...shape.slice(1)])} from the data set. Make the model's input and output fit the data set.`,
    { name },
  );
}

/** @throws AppError `engine/row-out-of-range` naming the first invalid row. */
export function checkRows(indices: Int32Array, rows: number): void {
  for (const row of indices) {
    if (row >= 0 && row < rows) continue;
    throw new AppError('engine/row-out-of-range', `Expected a row from 0 to ${rows - 1}; received ${row}.`, { row });
  }
}

/** Scalar inputs of a train program with one value per step, and the field of a request with their values. */
export const stepScalars = [
  { input: 'learningRate', values: 'learningRates' },
  { input: 'momentum', values: 'momenta' },
] as const;

/** Values of the step scalars of `train` by input name, one per step. Throws if some are missing: a bug of the caller. */
export function stepScalarsOf(request: TrainRequest, train: Program): Map<string, Float32Array> {
  const { indices, steps, batchSize } = request;
  if (indices.length !== steps * batchSize) {
    throw new Error(`Expected ${steps} × ${batchSize} indices; received ${indices.length}.`);
  }
  const found = new Map<string, Float32Array>();
  for (const { input, values } of stepScalars) {
    if (!train.inputs.some(({ name }) => name === input)) continue;
    const given = request[values];
    if (given?.length !== steps) throw new Error(`Expected ${steps} ${values}; received ${given?.length}.`);
    found.set(input, given);
  }
  return found;
}
