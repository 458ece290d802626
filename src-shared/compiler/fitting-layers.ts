import { MODEL_FORMAT, MODEL_VERSION } from '../document/model-document.ts';
import type { ModelDocument } from '../document/model-document.ts';
import { layers } from '../layers/catalog.ts';
import type { LayerDefinition } from '../layers/layer.ts';
import type { Shape } from '../program/types.ts';
import { analyze } from './analyze.ts';

/**
 * Layers that can read a value of this shape with their defaults, in the order of the palette.
 * Merging layers, which need another input too, are among them.
 *
 * @param shape Output shape of the layer before, batch axis first; null where it is not known: all layers.
 */
export function fittingLayers(shape: Shape | null): LayerDefinition[] {
  const readers = layers.filter(({ inputs }) => inputs.max > 0);
  const example = shape?.slice(1) ?? null;
  if (example === null || example.some((size) => size === null)) return readers;
  return readers.filter((layer) => accepts(layer, example as number[]));
}

function accepts(layer: LayerDefinition, shape: readonly number[]): boolean {
  const node = (id: string, kind: string, params: ModelDocument['nodes'][number]['params']) => ({
    id,
    kind,
    name: id,
    params,
    position: { x: 0, y: 0 },
    frozen: false,
  });
  // Merging layers read the same value twice.
  const sources = Array.from({ length: Math.max(1, layer.inputs.min) }, (_, index) => `input${index}`);
  const document: ModelDocument = {
    format: MODEL_FORMAT,
    version: MODEL_VERSION,
    name: '',
    nodes: [...sources.map((id) => node(id, 'Input', { shape: [...shape] })), node('layer', layer.kind, {})],
    edges: sources.map((source) => ({ id: source, source, target: 'layer' })),
    blocks: [],
  };
  return analyze(document, null).nodes.get('layer')?.outputShape != null;
}
