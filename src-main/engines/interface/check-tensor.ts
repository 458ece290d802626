import { AppError } from '../../../src-shared/errors/app-error.ts';
import { elementCount, showShape } from '../../../src-shared/program/language/shape.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import type { Program, TensorType } from '../../../src-shared/program/language/types.ts';
import type { DataArray, HostTensor, SessionData } from './engine.ts';
import { exampleInputs, inputType } from './program-inputs.ts';

// Checks of tensors from outside, shared by all engines.

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
      `Prepare it with the same model and data set.`,
    { name },
  );
}

/**
 * Checks that each input can be gathered from its array.
 *
 * @param programs Their inputs are read; arrays of others are not.
 * @throws AppError `engine/tensor-mismatch` if gathered rows would not fit, `engine/row-out-of-range` if a list has a
 *   row that is not in its array. Throws if the inputs differ in their number of examples: a bug of the caller.
 */
export function checkData({ arrays, inputs, splits }: SessionData, programs: readonly Program[]): void {
  for (const program of programs) {
    for (const name of exampleInputs(program)) {
      const array = arrays[inputs[name]?.array ?? ''];
      if (array === undefined) throw new Error(`The data has no array for the input '${name}'.`);
      checkArray(name, array, inputType(program, name));
    }
  }
  const examples = (name: string): number => {
    const { array, rows } = inputs[name]!;
    return rows?.length ?? arrays[array]!.shape[0]!;
  };
  const count = examples('y');
  for (const [name, { array, rows }] of Object.entries(inputs)) {
    if (examples(name) !== count)
      throw new Error(`There are ${examples(name)} examples of '${name}', ${count} of 'y'.`);
    if (rows !== null) checkRows(rows, arrays[array]!.shape[0]!);
  }
  for (const numbers of Object.values(splits)) checkRows(numbers, count);
}

function checkArray(name: string, { dtype, shape, data }: DataArray, type: TensorType): void {
  const gathered = dtype === 'uint8' ? 'float32' : dtype;
  const fits =
    gathered === type.dtype &&
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

function checkRows(indices: Int32Array, rows: number): void {
  for (const row of indices) {
    if (row >= 0 && row < rows) continue;
    throw new AppError('engine/row-out-of-range', `Expected a row from 0 to ${rows - 1}; received ${row}.`, { row });
  }
}

/**
 * Rows of its array that each input reads for a batch.
 *
 * @param data Null: nothing is loaded.
 * @param indices Positions in the split.
 * @throws AppError `engine/split-not-loaded` if there are no examples of the split, `engine/row-out-of-range` naming
 *   the first position that is not in it.
 */
export function batchRows(
  data: Pick<SessionData, 'inputs' | 'splits'> | null,
  split: SplitName,
  indices: Int32Array,
  inputs: readonly string[],
): Map<string, Int32Array> {
  const examples = data?.splits[split] ?? new Int32Array(0);
  if (data === null || examples.length === 0) {
    throw new AppError(
      'engine/split-not-loaded',
      `Expected the ${split} split to be loaded; it is not. Load it before using its rows.`,
      { split },
    );
  }
  checkRows(indices, examples.length);
  const numbers = indices.map((index) => examples[index]!);
  return new Map(
    inputs.map((input) => {
      const { rows } = data.inputs[input]!;
      return [input, rows === null ? numbers : numbers.map((number) => rows[number]!)];
    }),
  );
}
