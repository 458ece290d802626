import { isReference } from '../../../../../src-shared/document/schema/blocks.ts';
import { axisOf } from '../../../../../src-shared/document/geometry/axis.ts';
import { flowDirection } from '../../../../../src-shared/document/geometry/flow-direction.ts';
import { ownersIn, withOwnersValues } from '../../../../../src-shared/document/schema/shared-layers.ts';
import type { JsonValue, ModelDocument, ModelNode } from '../../../../../src-shared/document/schema/model-document.ts';
import type { LayerFamily } from '../../../../../src-shared/layers/definition/layer.ts';
import { nodeFacts, summaryOf } from '../../../../../src-shared/layers/catalog/node-facts.ts';

/** A layer of the model and its searchable text. */
export interface SearchableLayer {
  readonly nodeId: string;
  /** Id of the block definition that contains the layer; null: the model itself. */
  readonly blockId: string | null;
  readonly blockName: string | null;
  readonly name: string;
  readonly kind: string;
  readonly family: LayerFamily;
  readonly summary: string;
  /** Name, kind and text values, in lower case. */
  readonly text: string;
  /** Number values, as typed. */
  readonly numbers: ReadonlySet<string>;
  /** 'units=128' for each value, in lower case. */
  readonly pairs: readonly string[];
}

/** All layers: first those of the model itself, then those of its blocks. Each graph in the order of the canvas. */
export function searchableLayers(document: ModelDocument): SearchableLayer[] {
  const graphs = [{ ...document, id: null, name: null }, ...document.blocks];
  return graphs.flatMap(({ id, name, nodes, edges }) => {
    const { along, across } = axisOf(flowDirection({ nodes, edges }));
    const ownerOf = ownersIn(nodes);
    const valuesOf = (node: ModelNode): ModelNode => withOwnersValues(node, ownerOf(node));
    return nodes
      .toSorted((a, b) => a.position[along] - b.position[along] || a.position[across] - b.position[across])
      .map((node) => searchableLayer(document, valuesOf(node), id, name));
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
  // The summary adds the default values that matter.
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
 * Layers that match every word of the query. A word matches part of the name, kind or a text value; a number
 * matches part of the name or a whole value, so that 128 does not find 1280; 'units=128' matches the parameter
 * with that value. Layers whose name equals the query come first.
 */
export function findLayers(layers: readonly SearchableLayer[], query: string): SearchableLayer[] {
  const wanted = query.trim().toLowerCase();
  const words = wanted.split(/[\s,]+/).filter(Boolean);
  if (words.length === 0) return [];
  const found = layers.filter((layer) => words.every((word) => matches(layer, word)));
  const isNamed = ({ name }: SearchableLayer) => name.toLowerCase() === wanted;
  return found.sort((a, b) => Number(isNamed(b)) - Number(isNamed(a)));
}

function matches({ text, numbers, pairs }: SearchableLayer, word: string): boolean {
  return text.includes(word) || numbers.has(word) || (word.includes('=') && pairs.includes(word));
}
