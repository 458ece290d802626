import type { ModelFeatures } from '../../../../src-shared/compiler/graph/inputs.ts';
import { formatCountOf } from '../../../ui/format/numbers.ts';
import { showShape } from '../../../../src-shared/program/language/shape.ts';

/** What the open data asks of a model, for the gallery: 'Fitted to the open data: 13 values in, price (a number) out.' */
export function dataInWords(features: ModelFeatures | null): string {
  if (features === null) {
    return 'No data is open, so inputs and outputs have usual sizes. Choose data first to have them fitted.';
  }
  const { inputShape, targets } = features;
  const given =
    inputShape.length < 2
      ? formatCountOf(inputShape[0] ?? 1, 'value')
      : `${inputShape.length === 2 ? 'sequences' : 'images'} of ${showShape([null, ...inputShape])}`;
  const asked = targets.slice(0, 3).map((target) => {
    const kind = target.kind === 'numeric' ? 'a number' : formatCountOf(target.classes.length, 'class', 'classes');
    return `${target.name} (${kind})`;
  });
  const more = targets.length > asked.length ? ` and ${targets.length - asked.length} more` : '';
  const first = targets.length < 2 ? '' : ` Where a template has one output, it predicts ${targets[0]!.name}.`;
  return `Fitted to the open data: ${given} in, ${asked.join(', ')}${more} out.${first}`;
}
