import type { OutputPlan } from '../../src-shared/compiler/compiled.ts';
import type { FeatureSpec, TargetSpec } from '../../src-shared/dataset/prepared.ts';
import type { OutputResult } from '../../src-shared/training/run.ts';
import type { HostTensor, SplitTensor } from '../engines/engine.ts';

/** How well one target of one output is predicted, added up batch by batch. */
export interface TargetMeasure {
  /** Of the output. */
  readonly place: number;
  /** @param prediction Of the output, [rows, units]. @param start Row that the batch begins with. */
  add(prediction: HostTensor, start: number): void;
  result(): OutputResult;
}

type Names = Pick<OutputResult, 'output' | 'target'>;
type Truth = (row: number) => number;

/** @param y All targets, as `target-columns.ts` lays them out. */
export function measuresOf(
  outputs: readonly OutputPlan[],
  spec: Pick<FeatureSpec, 'targets'>,
  y: SplitTensor,
): TargetMeasure[] {
  const columns = y.shape[1]!;
  return outputs.flatMap((output, place) =>
    output.targets.map((column, index) => {
      const target = spec.targets[column]!;
      const names = { output: output.name, target: target.name };
      const truth: Truth = (row) => y.data[row * columns + column]!;
      return target.kind === 'classes'
        ? confusionOf(target, place, output.targets.length > 1 ? index : null, truth, names, output.logits ? 0 : 0.5)
        : errorsOf(target, place, index, truth, names);
    }),
  );
}

/** @param index Of the target's own value among several that the output predicts; null: all are the target's. */
function confusionOf(
  { classes }: Extract<TargetSpec, { kind: 'classes' }>,
  place: number,
  index: number | null,
  truth: Truth,
  names: Names,
  boundary: number,
): TargetMeasure {
  const confusion = classes.map(() => classes.map(() => 0));
  return {
    place,
    add({ shape, data }, first) {
      const rows = shape[0]!;
      const width = data.length / rows;
      for (let row = 0; row < rows; row++) {
        const start = row * width;
        const own =
          index === null ? data.subarray(start, start + width) : data.subarray(start + index, start + index + 1);
        const chosen = chosenClass(own, boundary);
        confusion[truth(first + row)]![chosen]!++;
      }
    },
    result: () => ({ ...names, confusion }),
  };
}

/** One value above the boundary means class 1; of several the first largest. */
function chosenClass(output: ArrayLike<number>, boundary: number): number {
  if (output.length === 1) return output[0]! > boundary ? 1 : 0;
  let best = 0;
  for (let i = 1; i < output.length; i++) if (output[i]! > output[best]!) best = i;
  return best;
}

/** @param index Of the number among those that the output predicts. */
function errorsOf(
  target: Extract<TargetSpec, { kind: 'numeric' }>,
  place: number,
  index: number,
  truth: Truth,
  names: Names,
): TargetMeasure {
  let squared = 0;
  let absolute = 0;
  let rows = 0;
  return {
    place,
    add({ shape, data }, start) {
      const count = shape[0]!;
      const width = data.length / count;
      for (let row = 0; row < count; row++) {
        const error = (data[row * width + index]! - truth(start + row)) * target.scale;
        squared += error * error;
        absolute += Math.abs(error);
      }
      rows += count;
    },
    result() {
      const rmseOriginal = Math.sqrt(squared / rows);
      return {
        ...names,
        ...(target.unit === undefined ? {} : { unit: target.unit }),
        rmseOriginal,
        maeOriginal: absolute / rows,
        ...(target.standardDeviation > 0 ? { rmseRelative: rmseOriginal / target.standardDeviation } : {}),
      };
    },
  };
}
