import type { ClassTarget, NumberTarget } from '../../../../src-shared/compiler/graph/aim.ts';
import type { OutputResult } from '../../../../src-shared/training/run/run.ts';
import type { HostTensor } from '../../../engines/interface/engine.ts';

/** How well one target of one output is predicted, added up batch by batch. */
export interface TargetMeasure {
  /** Of the output. */
  readonly place: number;
  /** @param prediction Of the output, [rows, …]. @param first Row that the batch begins with. */
  add(prediction: HostTensor, first: number): void;
  result(): OutputResult;
}

/** The values of an output that belong to one target, and its names. */
export interface MeasuredPart {
  /** Of the output. */
  readonly place: number;
  readonly names: Pick<OutputResult, 'output' | 'target'>;
  /** Index of its first value in an example, and number of its values; null: all. */
  readonly start: number;
  readonly width: number | null;
}

/** A matrix of more classes is neither counted nor shown: it has their number squared. */
const MOST_CLASSES = 1000;

/** @param truth Class of a row; below 0: none, and the row does not count. */
export function confusionOf(
  { classes }: ClassTarget,
  part: MeasuredPart,
  truth: (row: number) => number,
  chosen: (values: ArrayLike<number>) => number,
): TargetMeasure {
  if (classes.length > MOST_CLASSES) return { place: part.place, add: () => {}, result: () => part.names };
  const confusion = classes.map(() => classes.map(() => 0));
  return {
    place: part.place,
    add(prediction, first) {
      eachRow(prediction, part, (values, row) => {
        const actual = truth(first + row);
        if (actual >= 0) confusion[actual]![chosen(values)]!++;
      });
    },
    result: () => ({ ...part.names, confusion }),
  };
}

/** Index of the first largest value. */
export function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/**
 * @param truth Value of a row at this index of the target.
 * @param read Decodes a predicted value.
 */
export function errorsOf(
  target: NumberTarget,
  part: MeasuredPart,
  truth: (row: number, index: number) => number,
  read: (value: number) => number = (value) => value,
): TargetMeasure {
  let squared = 0;
  let absolute = 0;
  let size = 0;
  let count = 0;
  return {
    place: part.place,
    add(prediction, first) {
      eachRow(prediction, part, (values, row) => {
        for (let index = 0; index < values.length; index++) {
          const actual = truth(first + row, index);
          const error = (read(values[index]!) - actual) * target.scale;
          size = Math.max(size, Math.abs(actual * target.scale + target.offset));
          squared += error * error;
          absolute += Math.abs(error);
        }
        count += values.length;
      });
    },
    result() {
      const rmseOriginal = Math.sqrt(squared / count);
      return {
        ...part.names,
        ...(target.unit === undefined ? {} : { unit: target.unit }),
        rmseOriginal,
        maeOriginal: absolute / count,
        // Runs of older versions took a constant target's rounding for its deviation.
        ...(target.standardDeviation > Number.EPSILON * size
          ? { rmseRelative: rmseOriginal / target.standardDeviation }
          : {}),
      };
    },
  };
}

function eachRow(
  { shape, data }: HostTensor,
  { start, width }: MeasuredPart,
  take: (values: HostTensor['data'], row: number) => void,
): void {
  const rows = shape[0]!;
  const length = data.length / rows;
  for (let row = 0; row < rows; row++) {
    const from = row * length + (width === null ? 0 : start);
    take(data.subarray(from, from + (width ?? length)), row);
  }
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
