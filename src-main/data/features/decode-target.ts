import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { Prediction } from '../../../src-shared/contract/run-results.ts';
import type { FittedColumn, TargetSpec } from '../../../src-shared/data/prepared.ts';
import { codecs } from '../columns/registry.ts';
import type { ColumnSpan } from '../../../src-shared/data/column-places.ts';

export type DecodedTarget = Omit<Prediction, 'output' | 'target'>;

/**
 * Decodes the output values of one Output for one example, one prediction per target.
 *
 * @param values Scaled numbers in the order of `targets`; for one target as in `decodeTarget`.
 * @throws AppError `dataset/output-mismatch` if the values do not fit the targets.
 */
export function decodeOutput(output: string, targets: readonly TargetSpec[], values: ArrayLike<number>): Prediction[] {
  const [first] = targets;
  if (first !== undefined && targets.length > 1 && values.length !== targets.length) {
    throw mismatch(first.name, `${targets.length} values, one per target`, values.length);
  }
  return targets.map((target, index) => {
    const own = targets.length === 1 ? values : [values[index]!];
    return { output, target: target.name, ...decodeTarget(target, own) };
  });
}

/**
 * Decodes the output values of an Output that reproduces an Input, one prediction per column.
 *
 * @param values Encoded values of the columns, in order.
 * @returns Numbers and pixels in original units; for categories the one with the largest value.
 */
export function decodeReproduction(
  output: string,
  spans: readonly ColumnSpan[],
  columns: readonly FittedColumn[],
  values: readonly number[],
): Prediction[] {
  let start = 0;
  return spans.flatMap(({ name, width }): Prediction[] => {
    const own = values.slice(start, start + width);
    start += width;
    const column = columns.find((each) => each.name === name);
    if (column === undefined) return [];
    const unit = 'unit' in column && column.unit !== undefined ? { unit: column.unit } : {};
    return [{ output, target: name, value: codecs[column.type].decode(column, own), ...unit }];
  });
}

/**
 * Decodes a model output for one example and target.
 *
 * @param output Classes: one probability per class, or for two classes only that of the second.
 *   Numbers: the scaled value.
 * @throws AppError `dataset/output-mismatch` if the output does not fit the target.
 */
export function decodeTarget(target: TargetSpec, output: ArrayLike<number>): DecodedTarget {
  if (target.kind === 'numeric') {
    if (output.length !== 1) throw mismatch(target.name, '1 value', output.length);
    const unit = target.unit === undefined ? {} : { unit: target.unit };
    return { value: output[0]! * target.scale + target.offset, ...unit };
  }
  const { classes } = target;
  const probabilities = output.length === 1 && classes.length === 2 ? [1 - output[0]!, output[0]!] : Array.from(output);
  if (probabilities.length !== classes.length) {
    throw mismatch(target.name, `${classes.length} values, one per class`, output.length);
  }
  const best = probabilities.indexOf(Math.max(...probabilities));
  return { probabilities, classes: [...classes], value: classes[Math.max(0, best)]! };
}

/** Decodes margins of an Output with a hinge loss: only classes, because margins are not probabilities. */
export function decodeMargins(output: string, targets: readonly TargetSpec[], values: readonly number[]): Prediction[] {
  const asProbabilities = values.length === targets.length ? values.map((margin) => (margin > 0 ? 1 : 0)) : values;
  return decodeOutput(output, targets, asProbabilities).map(({ output: name, target, value }) => ({
    output: name,
    target,
    value,
  }));
}

function mismatch(target: string, expected: string, received: number): AppError {
  return new AppError(
    'dataset/output-mismatch',
    `Target '${target}': expected a model output of ${expected}; received ${received}. Change the units of the last layer.`,
    { target, received },
  );
}
