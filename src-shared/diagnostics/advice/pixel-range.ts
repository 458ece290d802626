import { title } from '../../compiler/graph/graph.ts';
import { columnTypeOf } from '../../data/columns/registry.ts';
import { statisticsOf } from '../../data/feature-tensors.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import { traitsOf } from '../../layers/catalog/catalog.ts';
import type { LayerFamily, PixelRange } from '../../layers/definition/layer.ts';
import { advice, namesOf } from './advised-model.ts';
import type { Advice, AdvisedModel } from './advised-model.ts';

/** Pixels that a column gives or a layer expects, in words. 'standardized': scaled by statistics of training rows. */
export const pixelWords = { bytes: '0 … 255', unit: '0 … 1', standardized: 'scaled values' } as const;
/** Families whose layers give pixels of the range that they get. */
const KEEPS_RANGE: ReadonlySet<LayerFamily> = new Set(['regularization', 'image']);
const scalings = { bytes: 'none', unit: 'unit' } as const;

/** The first layer of a model often scales pixels, and so expects pixels of one range. */
export const pixelRange: Advice = (model) =>
  [...model.inputs.values()].flatMap(({ node, columns, tensor }) => {
    const scaled = scalingOf(model, node);
    const statistics = statisticsOf(model.features ?? {}, tensor);
    if (scaled === null || statistics === undefined) return [];
    const { layer, expected } = scaled;
    const pictures = (model.features?.columns ?? []).flatMap((column) => {
      const type = columnTypeOf(column);
      if (type.field !== 'picture' || !columns.includes(column.name)) return [];
      const beyond = type.isBeyondUnit(column, statistics) ? 'bytes' : 'unit';
      const given = type.isStandardized(column) ? 'standardized' : beyond;
      return given === expected ? [] : [{ name: column.name, given: pixelWords[given] }];
    });
    const [first] = pictures;
    if (first === undefined) return [];
    const range = pixelWords[expected];
    const message = `${title(layer)} expects pixels of ${range}; received ${first.given} from ${namesOf(pictures)}. Change the scaling in the data set.`;
    const fix = {
      label: `Give ${namesOf(pictures)} as ${range}`,
      action: 'scale-columns',
      params: { columns: pictures.map(({ name }) => name), scaling: scalings[expected] },
    } as const;
    return [advice('pixel-range', node, message, [fix])];
  });

/** The layer that scales the pixels of an Input; null if none does, or if its parameters do not show the range. */
export function scalingOf(model: AdvisedModel, input: ModelNode): { layer: ModelNode; expected: PixelRange } | null {
  for (let node = input; ;) {
    const after = model.after(node);
    const [layer] = after;
    if (layer === undefined || after.length > 1) return null;
    const expected = traitsOf(layer).pixelsExpected?.(model.params(layer)) ?? null;
    if (expected !== null) return { layer, expected };
    if (!model.isLayout(layer) && !KEEPS_RANGE.has(model.family(layer))) return null;
    node = layer;
  }
}
