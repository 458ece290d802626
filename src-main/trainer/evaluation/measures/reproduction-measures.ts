import type { OutputPlan } from '../../../../src-shared/compiler/graph/compiled.ts';
import { columnTypeOf } from '../../../../src-shared/data/columns/registry.ts';
import type { FeatureSpec } from '../../../../src-shared/data/prepared.ts';
import { reproducedTarget } from '../../../../src-shared/data/reproduced.ts';
import type { ColumnSpan } from '../../../../src-shared/data/column-places.ts';
import { featureTensors, statisticsOf } from '../../../../src-shared/data/feature-tensors.ts';
import { rowLength, scalingOf, type ExampleRows } from '../../../engines/interface/example-rows.ts';
import { confusionOf, errorsOf, largest, sigmoid } from './measures.ts';
import type { TargetMeasure } from './measures.ts';

/** Parts of the feature spec that measures read. */
export type MeasuredSpec = Pick<FeatureSpec, 'targets'> &
  Partial<Pick<FeatureSpec, 'columns' | 'statistics' | 'furtherStatistics'>>;

/** How well an output reproduces each column of its Input: numbers and pixels in their own unit, categories by name. */
export function reproductionMeasures(
  { name, logits }: OutputPlan,
  spans: readonly ColumnSpan[],
  place: number,
  spec: MeasuredSpec,
  examples: ExampleRows,
): TargetMeasure[] {
  const known = featureTensors({ inputShape: examples.x.array.shape.slice(1), ...spec });
  const source = known.find(({ columns }) => columns.some(({ name: each }) => each === spans[0]?.name));
  if (source === undefined) return [];
  const { columns } = source;
  const statistics = statisticsOf(spec, source.input);
  const { array, rows } = examples[source.input]!;
  const width = rowLength(array);
  const { offset, scale } = scalingOf(array);
  let start = 0;
  return spans.flatMap((span) => {
    const column = columns.find((each) => each.name === span.name);
    if (column === undefined) return [];
    const part = { place, names: { output: name, target: span.name }, start, width: span.width };
    start += span.width;
    const truth = (row: number, index: number): number =>
      (array.data[rows[row]! * width + span.start + index]! - offset) / scale;
    const variance = statistics === undefined ? 0 : columnTypeOf(column).varianceOf(column, statistics, span.start);
    const target = reproducedTarget(column, variance);
    if (target.kind === 'numeric') return [errorsOf(target, part, truth, logits ? sigmoid : undefined)];
    // A category that no training row has is in no place.
    const actual = (row: number): number => target.classes.findIndex((_, index) => truth(row, index) === 1);
    return [confusionOf(target, part, actual, largest)];
  });
}
