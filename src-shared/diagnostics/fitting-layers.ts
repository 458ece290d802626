import { BLOCK, BLOCK_INPUT } from '../document/schema/blocks.ts';
import { MODEL_FORMAT, MODEL_VERSION } from '../document/schema/model-document.ts';
import type { ModelBlock, ModelDocument, ModelNode } from '../document/schema/model-document.ts';
import { layers } from '../layers/catalog/catalog.ts';
import type { LayerDefinition } from '../layers/definition/layer.ts';
import type { Shape } from '../program/language/types.ts';
import { analyze } from './analyze.ts';

/**
 * Layers that accept an input of this shape with default parameters, in palette order. Includes
 * merging layers, with this shape for all inputs.
 *
 * @param shape Output shape of the layer before, with batch axis; null (unknown): all layers.
 */
export function fittingLayers(shape: Shape | null): LayerDefinition[] {
  const readers = layers.filter(({ inputs }) => inputs.max > 0);
  const example = knownSizes(shape);
  if (example === null) return readers;
  return readers.filter(({ kind, inputs }) =>
    accepts({ kind, params: {}, inputs: Math.max(1, inputs.min) }, example, []),
  );
}

/**
 * Whether a block with default parameters accepts this shape at all of its inputs.
 *
 * @param blocks Blocks of the document.
 * @param shape As for `fittingLayers`.
 */
export function blockFits(block: ModelBlock, blocks: readonly ModelBlock[], shape: Shape | null): boolean {
  const example = knownSizes(shape);
  if (example === null) return true;
  const inputs = block.nodes.filter(({ kind }) => kind === BLOCK_INPUT).length;
  return inputs > 0 && accepts({ kind: BLOCK, params: { block: block.id }, inputs }, example, [...blocks]);
}

/** The shape without the batch axis; null if a size is not known. */
function knownSizes(shape: Shape | null): number[] | null {
  const example = shape?.slice(1) ?? null;
  return example === null || example.some((size) => size === null) ? null : (example as number[]);
}

interface Reader {
  readonly kind: string;
  readonly params: ModelNode['params'];
  /** Number of inputs, which all read the same value. */
  readonly inputs: number;
}

function accepts(reader: Reader, shape: readonly number[], blocks: ModelBlock[]): boolean {
  const node = (id: string, kind: string, params: ModelNode['params']) => ({
    id,
    kind,
    name: id,
    params,
    position: { x: 0, y: 0 },
    frozen: false,
  });
  const sources = Array.from({ length: reader.inputs }, (_, index) => `input${index}`);
  const document: ModelDocument = {
    format: MODEL_FORMAT,
    version: MODEL_VERSION,
    name: '',
    nodes: [
      ...sources.map((id) => node(id, 'Input', { shape: [...shape] })),
      node('layer', reader.kind, reader.params),
    ],
    edges: sources.map((source) => ({ id: source, source, target: 'layer' })),
    blocks,
  };
  return analyze(document, null).nodes.get('layer')?.outputShape != null;
}
