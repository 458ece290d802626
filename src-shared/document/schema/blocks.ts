import { annotated } from './annotations.ts';
import { LEARNING_RATE_MULTIPLIER } from './learning-rate-multiplier.ts';
import type { JsonValue, ModelBlock, ModelDocument, ModelNode } from './model-document.ts';

/** Kinds of the node that uses a block, and of the inputs and outputs inside a block. */
export const BLOCK = 'Block';
export const BLOCK_INPUT = 'BlockInput';
export const BLOCK_OUTPUT = 'BlockOutput';

export const MAX_REPEAT = 1000;

/** Parameters of every Block node; a block cannot define parameters with these names. */
export const RESERVED_PARAMETERS: ReadonlySet<string> = new Set(['block', 'repeat', LEARNING_RATE_MULTIPLIER]);

export function isReference(value: JsonValue | undefined): value is { parameter: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    typeof value['parameter'] === 'string' &&
    Object.keys(value).length === 1
  );
}

/**
 * Replaces references by values, at any depth.
 * @param valueOf Value of a parameter; undefined if it does not exist.
 * @returns Undefined if the value, or a part of it, refers to a missing parameter.
 */
export function substitute(
  value: JsonValue,
  valueOf: (parameter: string) => JsonValue | undefined,
): JsonValue | undefined {
  if (typeof value !== 'object' || value === null) return value;
  if (isReference(value)) return valueOf(value.parameter);
  if (Array.isArray(value)) {
    const items: JsonValue[] = [];
    for (const item of value) {
      const replaced = substitute(item, valueOf);
      if (replaced === undefined) return undefined;
      items.push(replaced);
    }
    return items;
  }
  const fields: [string, JsonValue][] = [];
  for (const [key, field] of Object.entries(value)) {
    const replaced = substitute(field, valueOf);
    if (replaced === undefined) return undefined;
    fields.push([key, replaced]);
  }
  return Object.fromEntries(fields);
}

/** Names of the parameters that a value refers to. */
export function referencesIn(value: JsonValue): Set<string> {
  const found = new Set<string>();
  const pending: JsonValue[] = [value];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    if (isReference(current)) found.add(current.parameter);
    else if (typeof current === 'object' && current !== null) pending.push(...Object.values(current));
  }
  return found;
}

/** The block that a Block node uses; undefined if it does not exist, or for other nodes. */
export function blockOf(document: Pick<ModelDocument, 'blocks'>, node: ModelNode): ModelBlock | undefined {
  if (node.kind !== BLOCK) return undefined;
  return document.blocks.find((block) => block.id === node.params['block']);
}

/** The model with its nodes, edges, notes and groups replaced by those of one of its blocks. @param blockId Null: the model unchanged. */
export function graphOf(document: ModelDocument, blockId: string | null): ModelDocument {
  if (blockId === null) return document;
  const block = document.blocks.find((other) => other.id === blockId);
  const inside = { ...document, nodes: block?.nodes ?? [], edges: block?.edges ?? [] };
  return annotated(inside, { notes: block?.notes, groups: block?.groups });
}

/** All nodes that use the block, with the id of the block around them (null: the model). */
export function usesOf(document: ModelDocument, blockId: string): { inside: string | null; node: ModelNode }[] {
  const within = (inside: string | null, nodes: readonly ModelNode[]) =>
    nodes.filter((node) => node.kind === BLOCK && node.params['block'] === blockId).map((node) => ({ inside, node }));
  return [...within(null, document.nodes), ...document.blocks.flatMap((block) => within(block.id, block.nodes))];
}

/** The blocks that these nodes use, directly or through other blocks, in document order. */
export function blocksOf(document: Pick<ModelDocument, 'blocks'>, nodes: readonly ModelNode[]): ModelBlock[] {
  const needed = new Set<ModelBlock>();
  const pending = [...nodes];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const block = blockOf(document, node);
    if (block === undefined || needed.has(block)) continue;
    needed.add(block);
    pending.push(...block.nodes);
  }
  return document.blocks.filter((block) => needed.has(block));
}

/** Values of a block's parameters at one Block node. @param outer Parameter values of the block around that node. */
export function parameterValues(
  block: ModelBlock,
  node: ModelNode,
  outer: (parameter: string) => JsonValue | undefined,
): Map<string, JsonValue> {
  return new Map(
    block.parameters.map(({ name, default: fallback }) => {
      const given = Object.hasOwn(node.params, name) ? substitute(node.params[name]!, outer) : undefined;
      return [name, given ?? fallback];
    }),
  );
}
