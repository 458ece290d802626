import type { OutputPlan } from '../../../../src-shared/compiler/graph/compiled.ts';
import { rowLength, type ExampleRows } from '../../../engines/interface/example-rows.ts';
import { confusionOf, errorsOf, largest } from './measures.ts';
import type { TargetMeasure } from './measures.ts';
import { reproductionMeasures } from './reproduction-measures.ts';
import type { MeasuredSpec } from './reproduction-measures.ts';

/** @param examples Their y as `target-columns.ts` lays it out. */
export function measuresOf(outputs: readonly OutputPlan[], spec: MeasuredSpec, examples: ExampleRows): TargetMeasure[] {
  const { array: y, rows } = examples.y;
  const columns = rowLength(y);
  return outputs.flatMap((output, place) => {
    if (output.reproduces !== null) return reproductionMeasures(output, output.reproduces, place, spec, examples);
    return output.targets.map((column, index) => {
      const target = spec.targets[column]!;
      const names = { output: output.name, target: target.name };
      const single = output.targets.length === 1 && target.kind === 'classes';
      const part = { place, names, start: index, width: single ? null : 1 };
      const truth = (row: number): number => y.data[rows[row]! * columns + column]!;
      if (target.kind === 'numeric') return errorsOf(target, part, truth);
      const boundary = output.logits || output.margins ? 0 : 0.5;
      return confusionOf(target, part, truth, (values) => chosenClass(values, boundary));
    });
  });
}

/** One value above the boundary means class 1; of several the first largest. */
function chosenClass(values: ArrayLike<number>, boundary: number): number {
  if (values.length === 1) return values[0]! > boundary ? 1 : 0;
  return largest(values);
}
