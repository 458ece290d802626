import { isReference } from '../../../../../src-shared/document/schema/blocks.ts';
import { flowDirection } from '../../../../../src-shared/document/geometry/flow-direction.ts';
import type { JsonValue, ModelDocument, ModelNode } from '../../../../../src-shared/document/schema/model-document.ts';
import type { LayerFamily } from '../../../../../src-shared/layers/definition/layer.ts';
import { nodeFacts, summaryOf } from '../../../../../src-shared/layers/catalog/node-facts.ts';

/** A layer of the model with the text by which it is found. */
export interface SearchableLayer {
  readonly nodeId: string;
  /** Id of the block definition that it is in; null: the model itself. */
  readonly blockId: string | null;
  readonly blockName: string | null;
  readonly name: string;
  readonly kind: string;
  readonly family: LayerFamily;
  readonly summary: string;
  /** Name, kind and values that are words, in lower case. */
  readonly text: string;
  /** Values that are numbers, as they are typed. */
  readonly numbers: ReadonlySet<string>;
  /** 'units=128' for each value, in lower case. */
  readonly pairs: readonly string[];
}

/** All layers, those of the model itself before those of its blocks, each graph in the order it is read on the canvas. */
export function searchableLayers(document: ModelDocument): SearchableLayer[] {
  const graphs = [{ ...document, id: null, name: null }, ...document.blocks];
  return graphs.flatMap(({ id, name, nodes, edges }) => {
    const along = flowDirection({ nodes, edges }) === 'right' ? (['x', 'y'] as const) : (['y', 'x'] as const);
    return nodes
      .toSorted((a, b) => a.position[along[0]] - b.position[along[0]] || a.position[along[1]] - b.position[along[1]])
      .map((node) => searchableLayer(document, node, id, name));
  });
}

function searchableLayer(
  document: ModelDocument,
  node: ModelNode,
  blockId: string | null,
  blockName: string | null,
): SearchableLayer {
  const facts = nodeFacts(document, node);
  const kind = facts?.kind ?? node.kind;
  const summary = facts === undefined ? '' : summaryOf(facts, node, () => undefined);
  const values = Object.entries(node.params).flatMap(([name, value]) =>
    name === 'block' ? [] : plainValues(value).map((plain) => ({ name, plain })),
  );
  // Default values appear in the summary where they matter.
  const words = [...values.map(({ plain }) => plain), ...summary.split(/[\s,×]+/)];
  const isNumber = (word: string) => word !== '' && Number.isFinite(Number(word));
  return {
    nodeId: node.id,
    blockId,
    blockName,
    name: node.name,
    kind,
    family: facts?.family ?? 'core',
    summary,
    text: [node.name, kind, ...words.filter((word) => !isNumber(word))].join(' ').toLowerCase(),
    numbers: new Set(words.filter(isNumber)),
    pairs: values.map(({ name, plain }) => `${name}=${plain}`.toLowerCase()),
  };
}

/** Texts and numbers of a parameter's value, at any depth. */
function plainValues(value: JsonValue): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (isReference(value)) return [];
  if (Array.isArray(value)) return value.flatMap(plainValues);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(plainValues) : [];
}

/**
 * Layers that answer to every word of the query: a part of the name, the kind or a value; a number is a part of
 * the name or a whole value, so that 128 does not find 1280; 'units=128' is a value by its parameter's name.
 * Those whose name is the query come first.
 */
export function findLayers(layers: readonly SearchableLayer[], query: string): SearchableLayer[] {
  const wanted = query.trim().toLowerCase();
  const words = wanted.split(/[\s,]+/).filter(Boolean);
  if (words.length === 0) return [];
  const found = layers.filter((layer) => words.every((word) => answers(layer, word)));
  const named = ({ name }: SearchableLayer) => Number(name.toLowerCase() !== wanted);
  return found.sort((a, b) => named(a) - named(b));
}

function answers({ text, numbers, pairs }: SearchableLayer, word: string): boolean {
  return text.includes(word) || numbers.has(word) || (word.includes('=') && pairs.includes(word));
}
