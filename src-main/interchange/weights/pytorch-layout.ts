import { expandBlocks } from '../../../src-shared/compiler/expand/expand.ts';
import { analyze } from '../../../src-shared/diagnostics/analyze.ts';
import { isInput } from '../../../src-shared/document/schema/ends.ts';
import type { ModelDocument, ModelNode } from '../../../src-shared/document/schema/model-document.ts';
import { layerCatalog } from '../../../src-shared/layers/catalog/catalog.ts';
import type { LayerFamily, LayerTraits } from '../../../src-shared/layers/definition/layer.ts';
import type { StoredForm } from '../../../src-shared/layers/definition/pytorch-weights.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { WeightSlot } from '../keras/weight-slots.ts';

/** Axes of a value in PyTorch: channels before the others, or as here. */
type Axes = 'channels-first' | 'same' | 'unknown';

/** The shape [...spatial, channels] that a Flatten before a layer reads; null: it reads none, or in the order of here. */
type Flattened = readonly number[] | null | 'unknown';

/** Layers whose results have the axes of what they read. */
const KEEPING: ReadonlySet<LayerFamily> = new Set(['activation', 'normalization', 'regularization', 'merge', 'output']);

export interface PytorchWeight extends StoredForm {
  /** The order of the rows follows from a Flatten after channels-first values. */
  readonly isFlattened: boolean;
}

/**
 * Tells how PyTorch stores the weights of a model's layers. What a Dense after a Flatten reads has another order there,
 * because values have their channels first.
 *
 * @returns For each weight its form, or the reason why it cannot be decided.
 */
export function pytorchForms(document: ModelDocument): (slot: WeightSlot) => PytorchWeight | string {
  const expanded = expandBlocks(document).document;
  const shapes = analyze(expanded, null).nodes;
  const nodes = new Map(expanded.nodes.map((node) => [node.id, node]));
  const sources = Map.groupBy(expanded.edges, ({ target }) => target);
  const known = new Map<string, Axes>();
  const shapeOf = ({ id }: ModelNode): readonly number[] =>
    (shapes.get(id)?.outputShape ?? []).slice(1) as readonly number[];
  const before = ({ id }: ModelNode): readonly ModelNode[] =>
    (sources.get(id) ?? []).flatMap(({ source }) => nodes.get(source) ?? []);

  const axesOf = (node: ModelNode): Axes => {
    const found = known.get(node.id);
    if (found !== undefined) return found;
    const axes = derivedAxes(node);
    known.set(node.id, axes);
    return axes;
  };
  const derivedAxes = (node: ModelNode): Axes => {
    const rank = shapeOf(node).length;
    const family = familyOf(node);
    const { lastAxisOnly, indexLimit, rearranges } = traitsOf(node);
    if (rank === 1) return 'same';
    if (isInput(node)) return rank > 2 ? 'channels-first' : 'unknown';
    if (family === 'convolution' || family === 'pooling') return 'channels-first';
    if (family === 'recurrent' || family === 'attention' || indexLimit !== undefined) return 'same';
    if (lastAxisOnly === true) return rank === 2 ? 'same' : 'unknown';
    if (rearranges !== undefined) return 'unknown';
    const read = new Set(before(node).map(axesOf));
    return read.size === 1 ? [...read][0]! : 'unknown';
  };

  const flattenedBy = (source: ModelNode): Flattened => {
    if (isInput(source) || shapeOf(source).length > 1) return null;
    if (traitsOf(source).rearranges === 'shape') {
      const [given] = before(source);
      const read = given === undefined ? [] : shapeOf(given);
      if (given === undefined || read.at(-1) === 1 || elementCount(read.slice(0, -1)) === 1) return null;
      const axes = axesOf(given);
      return axes === 'channels-first' ? read : axes === 'same' ? null : 'unknown';
    }
    // Other layers make new features, whose order is that of their weights.
    if (!KEEPING.has(familyOf(source)!)) return null;
    const read = flattenedBefore(source);
    return read === null || traitsOf(source).joins !== true ? read : 'unknown';
  };
  const flattenedBefore = (node: ModelNode): Flattened => {
    const [first = null, ...others] = before(node).map(flattenedBy);
    return others.every((other) => String(other) === String(first)) ? first : 'unknown';
  };

  const reordering = expanded.nodes.find((node) => {
    const { rearranges } = traitsOf(node);
    return rearranges === 'order' || (rearranges === 'shape' && shapeOf(node).length > 1);
  });

  return ({ weight, shape, inner, variable, layer }) => {
    const node = nodes.get(weight?.nodeId ?? '');
    const form = layerCatalog.get(layer.className)?.pytorch?.(variable, shape ?? []) ?? null;
    if (node === undefined || inner !== '' || form === null) {
      return `weights of '${layer.name}' (${layer.className}) are not read from files of PyTorch`;
    }
    if (reordering !== undefined) {
      return `the order of the values after '${reordering.name}' (${reordering.kind}) depends on the order of axes`;
    }
    // The calls of a shared layer read equal shapes.
    const calls = expanded.nodes.filter(({ id, weightsOf }) => id === node.id || weightsOf === node.id);
    const rows = calls.map(flattenedBefore).reduce((a, b) => (String(a) === String(b) ? a : 'unknown'));
    const isMatrix = form.stored.length === 2;
    if (rows === null || (!isMatrix && traitsOf(node).lastAxisOnly === true)) return { ...form, isFlattened: false };
    if (rows === 'unknown' || !isMatrix) return `the order of the values that '${node.name}' reads is not known`;
    const [units] = form.stored as readonly [number, number];
    const spatial = rows.slice(0, -1);
    const view = [units, rows.at(-1)!, ...spatial];
    return { stored: form.stored, view, axes: [...spatial.map((_, axis) => axis + 2), 1, 0], isFlattened: true };
  };
}

const familyOf = ({ kind }: ModelNode): LayerFamily | undefined => layerCatalog.get(kind)?.family;
const traitsOf = ({ kind }: ModelNode): LayerTraits => layerCatalog.get(kind)?.traits ?? {};
