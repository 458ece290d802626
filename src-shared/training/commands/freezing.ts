import { z } from 'zod';
import { withFrozenPath } from '../../document/blocks/block-freezing.ts';
import { blockOf, graphOf } from '../../document/schema/blocks.ts';
import { isEnd } from '../../document/schema/ends.ts';
import type { InsidePath, ModelBlock, ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import { ownerOf } from '../../document/schema/shared-layers.ts';
import { changeInside } from '../../document/history/inside-block.ts';
import { applyChange } from '../../document/history/operations.ts';
import { AppError } from '../../errors/app-error.ts';
import { nearestNames } from '../../text/suggest.ts';

/** A layer or a part of a block that is frozen or unfrozen while a run trains. */
export const freezingSchema = z.object({
  /**
   * Name of a layer or Block node, or of a part of one Block node: 'stack/dense' is a layer in all copies, 'stack/2' the
   * second copy, 'stack/1-3/dense' a layer in the first three copies.
   */
  layer: z.string().min(1),
  /** Id of the block in which the name is; all uses of the block change. Absent: the model's top level. */
  block: z.string().min(1).optional(),
  frozen: z.boolean(),
});
export type Freezing = z.infer<typeof freezingSchema>;

/** Between the names of a Block node and of a layer inside it. No layer's name contains it. */
const SEPARATOR = '/';

/** The node whose `frozen` or `frozenPaths` a command changes. */
interface Place {
  readonly node: ModelNode;
  /** Null: all of the node. */
  readonly path: InsidePath | null;
  /** Name of the part that has the weights, if a node on the path uses those of another; else null. */
  readonly owner: string | null;
}

/** Undefined if the model has no such layer. */
function placeOf(model: ModelDocument, { layer, block }: Omit<Freezing, 'frozen'>): Place | undefined {
  const { nodes } = graphOf(model, block ?? null);
  const [first, ...steps] = layer.split(SEPARATOR);
  const node = nodes.find(({ name }) => name === first);
  if (node === undefined) return undefined;
  const others = [...steps];
  const owner = ownerOf(nodes, node);
  if (owner !== node) return { node, path: null, owner: [owner.name, ...others].join(SEPARATOR) };
  if (steps.length === 0) return { node, path: null, owner: null };
  // Also finds a path to a layer that has been removed from the block.
  const known = node.frozenPaths?.find((path) => partName(model, node, path) === layer);
  if (known !== undefined) return { node, path: known, owner: null };
  const path: InsidePath = [];
  const names = [node.name];
  let at = node;
  for (const step of steps) {
    others.shift();
    const inside = blockOf(model, at)?.nodes;
    const inner = inside?.find((each) => each.name === step && !isEnd(each));
    const copies = copiesOf(step);
    if (inside === undefined) return undefined;
    if (inner !== undefined) {
      const source = ownerOf(inside, inner);
      if (source !== inner) return { node, path, owner: [...names, source.name, ...others].join(SEPARATOR) };
      path.push(inner.id);
      at = inner;
    } else if (copies !== null && !Array.isArray(path.at(-1))) {
      path.push(copies);
    } else {
      return undefined;
    }
    names.push(step);
  }
  return { node, path, owner: null };
}

/** '2' is copy 2, '1-3' copies 1 to 3; null for other texts. */
function copiesOf(step: string): [number, number] | null {
  const [, first, last = first] = /^([1-9]\d*)(?:-([1-9]\d*))?$/.exec(step) ?? [];
  return first === undefined || Number(first) > Number(last) ? null : [Number(first), Number(last)];
}

/** The name of a part of a Block node; for layers that the block does not have, their ids. */
function partName(model: ModelDocument, node: ModelNode, path: InsidePath): string {
  const names = [node.name];
  let at: ModelNode | undefined = node;
  for (const step of path) {
    if (typeof step === 'string') {
      at = at && blockOf(model, at)?.nodes.find(({ id }) => id === step);
      names.push(at?.name ?? step);
    } else {
      const [first, last] = step;
      names.push(first === last ? String(first) : `${first}-${last}`);
    }
  }
  return names.join(SEPARATOR);
}

/** A model with layers or parts of blocks frozen or not; the same model if nothing changes. */
export function withFrozen(model: ModelDocument, changes: readonly Freezing[] = []): ModelDocument {
  return changes.reduce((before, change) => {
    const place = placeOf(before, change);
    if (place === undefined || place.owner !== null) return before;
    const { node, path } = place;
    const { frozen, block = null } = change;
    const changed = path === null ? withFrozenNode(node, frozen) : withFrozenPath(node, path, frozen);
    if (changed === node) return before;
    return applyChange(
      before,
      changeInside(block, { label: '', operations: [{ kind: 'replaceNodes', nodes: [changed] }] }),
    );
  }, model);
}

const withFrozenNode = (node: ModelNode, frozen: boolean): ModelNode =>
  node.frozen === frozen ? node : { ...node, frozen };

/** @throws AppError 'training/cannot-set' if the model has no such layers, or they use the weights of other layers. */
export function requireFreezable(model: ModelDocument, changes: readonly Freezing[] = []): void {
  for (const change of changes) {
    const fault = freezableFault(model, change);
    if (fault !== null) throw new AppError('training/cannot-set', fault.message, fault.details);
  }
}

/** Why a layer cannot be frozen or unfrozen: the model does not have it, or it uses the weights of another; else null. */
export function freezableFault(
  model: ModelDocument,
  change: Omit<Freezing, 'frozen'>,
): { readonly message: string; readonly details: Readonly<Record<string, string | readonly string[]>> } | null {
  const { layer } = change;
  const place = placeOf(model, change);
  if (place === undefined) {
    const near = similarNames(model, layer);
    const hint = near.length === 0 ? 'Freeze a layer or block that the run has.' : `Did you mean ${near.join(' or ')}?`;
    return {
      message: `Expected a layer of the model that trains, or a part of a block as 'block/layer'; received '${layer}'. ${hint}`,
      details: { layer, near },
    };
  }
  const { owner } = place;
  if (owner === null) return null;
  return {
    message: `Layer '${layer}' uses the weights of '${owner}'. Freeze or unfreeze '${owner}'.`,
    details: { layer, owner },
  };
}

/** Names of layers inside blocks that end with the text, else those similar to it. */
function similarNames(model: ModelDocument, text: string): string[] {
  const names = layerNames(model, model.nodes, []);
  const inside = names.filter((name) => name.endsWith(`${SEPARATOR}${text}`));
  return inside.length > 0 ? inside.slice(0, 3) : nearestNames(text, names);
}

/** Names of all layers, those inside blocks after the name of the Block node. @param around Blocks around the nodes. */
function layerNames(model: ModelDocument, nodes: readonly ModelNode[], around: readonly ModelBlock[]): string[] {
  return nodes
    .filter((node) => !isEnd(node))
    .flatMap((node) => {
      const block = blockOf(model, node);
      if (block === undefined || around.includes(block)) return [node.name];
      const inside = layerNames(model, block.nodes, [...around, block]);
      return [node.name, ...inside.map((name) => `${node.name}${SEPARATOR}${name}`)];
    });
}

/** The changes of freezing from one version of a model to another. */
export function changedFreezing(before: ModelDocument, after: ModelDocument): Freezing[] {
  return [null, ...after.blocks.map(({ id }) => id)].flatMap((block) => {
    const [earlier, { nodes }] = [graphOf(before, block).nodes, graphOf(after, block)];
    if (earlier === nodes) return [];
    const old = new Map(earlier.map((node) => [node.id, node]));
    const inside = block === null ? {} : { block };
    return nodes.flatMap((node): Freezing[] => {
      const was = old.get(node.id);
      if (was === undefined || was === node) return [];
      const [had, has] = [was, node].map(
        ({ frozenPaths = [] }) => new Set(frozenPaths.map((path) => partName(after, node, path))),
      ) as [Set<string>, Set<string>];
      const parts = [
        ...[...had].filter((layer) => !has.has(layer)).map((layer) => ({ layer, ...inside, frozen: false })),
        ...[...has].filter((layer) => !had.has(layer)).map((layer) => ({ layer, ...inside, frozen: true })),
      ];
      return was.frozen === node.frozen ? parts : [{ layer: node.name, ...inside, frozen: node.frozen }, ...parts];
    });
  });
}

/**
 * The state of freezing of a model as commands: of each of these layers, and what differs from an earlier version.
 *
 * @param layers Names of layers and Block nodes at the top level.
 */
export function freezingIn(before: ModelDocument, after: ModelDocument, layers: readonly string[]): Freezing[] {
  const nodes = new Map(after.nodes.map((node) => [node.name, node]));
  const all = layers.flatMap((layer) => {
    const node = nodes.get(layer);
    return node === undefined ? [] : [{ layer, frozen: node.frozen }];
  });
  const isInside = ({ layer, block }: Freezing): boolean => block !== undefined || !nodes.has(layer);
  const listed = new Set(layers);
  const others = changedFreezing(before, after).filter((each) => isInside(each) || !listed.has(each.layer));
  return [...all, ...others];
}

/** 'stack/dense', "dense in block 'Residual'". @param blocks Of the model that trains. */
export function freezingName({ layer, block }: Omit<Freezing, 'frozen'>, blocks: readonly ModelBlock[]): string {
  if (block === undefined) return layer;
  return `${layer} in block '${blocks.find(({ id }) => id === block)?.name ?? block}'`;
}
