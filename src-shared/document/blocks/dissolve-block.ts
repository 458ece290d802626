import { removeEmptied, ungrouped } from '../schema/annotations.ts';
import { BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, blockOf, substitute } from '../schema/blocks.ts';
import { CARD, namesOf, type CreateId } from '../edits/edits.ts';
import { LEARNING_RATE_MULTIPLIER, withMultiplier } from '../schema/learning-rate-multiplier.ts';
import { insideCopy, insideNode, isAll, type Remaining } from '../schema/frozen-paths.ts';
import type {
  InsidePath,
  JsonValue,
  ModelBlock,
  ModelDocument,
  ModelEdge,
  ModelGroup,
  ModelNode,
  ModelNote,
} from '../schema/model-document.ts';
import { uniqueName } from '../schema/names.ts';
import { blockPorts, connectionsByPort, withSource, type EdgeSource } from '../schema/ports.ts';
import { sharingNodes, usingWeightsOf } from '../schema/shared-layers.ts';
import type { Change, Operation } from '../history/operations.ts';

/** Limit of layers that dissolving a block adds. */
const MAX_DISSOLVED = 2000;

/**
 * Replaces a Block node by all copies of the block's layers; nested blocks stay Block nodes.
 * The definition stays in the document.
 *
 * @param document The model, or the graph of a block from `graphOf`.
 * @returns The change and the new nodes, or a message why it is not possible.
 */
export function dissolveBlock(
  document: ModelDocument,
  nodeId: string,
  createId: CreateId,
): { change: Change; nodeIds: string[] } | string {
  const node = document.nodes.find(({ id }) => id === nodeId);
  const block = node === undefined ? undefined : blockOf(document, node);
  if (node === undefined || block === undefined) return 'Select a block of this model to dissolve it.';
  const sharer = sharingNodes(document.nodes, node).find((other) => other !== node);
  if (sharer !== undefined) {
    return `'${node.name}' shares weights with '${sharer.name}'. Use separate weights before you dissolve it.`;
  }
  const repeat = node.params['repeat'] ?? 1;
  if (typeof repeat !== 'number' || !Number.isInteger(repeat) || repeat < 1) {
    return `Expected a number as Repeat of '${node.name}'; received something else. Set Repeat to a number first.`;
  }
  const count = repeat * Math.max(0, block.nodes.length - 2);
  if (count > MAX_DISSOLVED) {
    return `'${node.name}' would become ${count} layers; expected at most ${MAX_DISSOLVED}. Set a smaller Repeat first.`;
  }
  const made = new Dissolution(document, node, block, createId).copies(repeat);
  const index = document.nodes.indexOf(node);
  const outgoing = document.edges.filter(({ source }) => source === node.id);
  const incoming = document.edges.filter(({ target }) => target === node.id);
  const height = Math.max(CARD.height, made.height);
  const below = document.nodes
    .filter((other) => other !== node && other.position.y > node.position.y)
    .map((other) => ({ ...other, position: { ...other.position, y: other.position.y + height - CARD.height } }));
  const operations: Operation[] = [
    ...(below.length === 0 ? [] : [{ kind: 'replaceNodes', nodes: below } as const]),
    ...made.groups.map((group, place): Operation => ({
      kind: 'insertGroup',
      index: (document.groups?.length ?? 0) + place,
      group,
    })),
    ...made.notes.map((note, place): Operation => ({
      kind: 'insertNote',
      index: (document.notes?.length ?? 0) + place,
      note,
    })),
    ...made.nodes.map((inner, place): Operation => ({ kind: 'insertNode', index: index + place, node: inner })),
    ...made.edges.map((edge, place): Operation => ({ kind: 'insertEdge', index: document.edges.length + place, edge })),
    ...outgoing.map((edge): Operation =>
      made.output === undefined
        ? { kind: 'removeEdge', edgeId: edge.id }
        : { kind: 'replaceEdge', edge: withSource(edge, made.output) },
    ),
    ...incoming.map(({ id }): Operation => ({ kind: 'removeEdge', edgeId: id })),
    { kind: 'removeNode', nodeId },
    ...(made.nodes.length > 0 ? [] : removeEmptied(document, new Set([nodeId]))),
  ];
  return {
    change: { label: `Dissolve '${node.name}'`, operations },
    nodeIds: made.nodes.map(({ id }) => id),
  };
}

class Dissolution {
  readonly nodes: ModelNode[] = [];
  readonly edges: ModelEdge[] = [];
  readonly groups: ModelGroup[] = [];
  readonly notes: ModelNote[] = [];
  private readonly node: ModelNode;
  private readonly block: ModelBlock;
  private readonly createId: CreateId;
  private readonly names: Set<string>;
  /** The edge into each input of the block. */
  private readonly entries: readonly (ModelEdge | undefined)[];

  constructor(document: ModelDocument, node: ModelNode, block: ModelBlock, createId: CreateId) {
    this.node = node;
    this.block = block;
    this.createId = createId;
    this.names = namesOf(document);
    this.names.delete(node.name);
    const incoming = document.edges.filter(({ target }) => target === node.id);
    this.entries = connectionsByPort(blockPorts(block), incoming).connected;
  }

  /** @returns All new parts. `output`: gives the block's output; undefined if there is none. */
  copies(repeat: number) {
    const layers = this.block.nodes.filter(({ kind }) => kind !== BLOCK_INPUT && kind !== BLOCK_OUTPUT);
    const { left, top, bottom } = extentOf(layers.length > 0 ? layers : (this.block.notes ?? []));
    const step = layers.length === 0 ? 0 : bottom - top + CARD.height + CARD.gapY;
    let output: EdgeSource | undefined;
    for (let copy = 1; copy <= repeat; copy++) {
      const origin = {
        x: this.node.position.x - left,
        y: this.node.position.y - top + (copy - 1) * step,
      };
      output = this.copy(layers, copy, output, origin);
    }
    const { nodes, edges, groups, notes } = this;
    return { nodes, edges, groups, notes, output, height: Math.max(0, repeat * step - CARD.gapY) };
  }

  private copy(
    layers: readonly ModelNode[],
    copy: number,
    previous: EdgeSource | undefined,
    origin: ModelNode['position'],
  ): EdgeSource | undefined {
    const { block, node } = this;
    const paths = insideCopy(node.frozenPaths ?? [], copy);
    const ids = new Map<string, string>();
    /** For each BlockInput: what it gives. */
    const given = new Map<string, EdgeSource | undefined>();
    const inGroup = this.copyAnnotations(layers, copy, origin);
    const inputs = block.nodes.filter(({ kind }) => kind === BLOCK_INPUT);
    inputs.forEach(({ id }, place) => given.set(id, place === 0 && copy > 1 ? previous : this.entries[place]));
    for (const layer of layers) ids.set(layer.id, this.createId());
    for (const layer of layers) {
      const placed = this.placed(layer, ids.get(layer.id)!, paths, origin);
      const owner = layer.weightsOf === undefined ? undefined : ids.get(layer.weightsOf);
      this.nodes.push(inGroup(owner === undefined ? placed : usingWeightsOf(placed, owner), layer.group));
    }
    const exit = block.nodes.find(({ kind }) => kind === BLOCK_OUTPUT);
    const sourceOf = (edge: ModelEdge): EdgeSource | undefined => {
      if (given.has(edge.source)) return given.get(edge.source);
      const source = ids.get(edge.source);
      return source === undefined ? undefined : { ...edge, source };
    };
    for (const edge of block.edges) {
      const source = sourceOf(edge);
      const target = ids.get(edge.target);
      if (source === undefined || target === undefined) continue;
      this.edges.push(withSource({ ...edge, id: this.createId(), target }, source));
    }
    const last = block.edges.find(({ target }) => target === exit?.id);
    return last === undefined ? undefined : sourceOf(last);
  }

  /**
   * Copies each group with layers; copies notes only for the first copy.
   * @returns A function that puts a layer or note into the copy of its group, or into the group of the Block node.
   */
  private copyAnnotations(layers: readonly ModelNode[], copy: number, origin: ModelNode['position']) {
    const around = this.node.group;
    const copies = new Map<string, string>();
    for (const group of this.block.groups ?? []) {
      if (!layers.some((layer) => layer.group === group.id)) continue;
      const id = this.createId();
      copies.set(group.id, id);
      this.groups.push({ ...group, id });
    }
    const inGroup = <Member extends ModelNode | ModelNote>(member: Member, own: string | undefined): Member => {
      const group = (own === undefined ? undefined : copies.get(own)) ?? around;
      return group === undefined ? ungrouped(member) : { ...member, group };
    };
    if (copy === 1) {
      for (const note of this.block.notes ?? []) {
        const position = { x: note.position.x + origin.x, y: note.position.y + origin.y };
        this.notes.push(inGroup({ ...note, id: this.createId(), position }, note.group));
      }
    }
    return inGroup;
  }

  private placed(layer: ModelNode, id: string, paths: readonly Remaining[], origin: ModelNode['position']): ModelNode {
    const name = uniqueName(layer.name, this.names);
    this.names.add(name);
    const own = insideNode(paths, layer.id);
    const frozen = layer.frozen || this.node.frozen || isAll(paths) || isAll(own);
    const { frozenPaths: _old, ...rest } = layer;
    const inner = own.filter((path) => path.length > 0) as InsidePath[];
    const frozenPaths = layer.kind === BLOCK ? [...(layer.frozenPaths ?? []), ...inner] : [];
    return {
      ...rest,
      id,
      name,
      params: withMultiplier(
        Object.fromEntries(
          Object.entries(layer.params).map(([key, value]) => [key, substitute(value, this.valueOf) ?? value]),
        ),
        this.node.params[LEARNING_RATE_MULTIPLIER],
      ),
      position: { x: layer.position.x + origin.x, y: layer.position.y + origin.y },
      frozen,
      ...(this.node.training === false ? { training: false as const } : {}),
      ...(frozenPaths.length === 0 ? {} : { frozenPaths }),
    };
  }

  private readonly valueOf = (name: string): JsonValue | undefined => {
    const parameter = this.block.parameters.find((other) => other.name === name);
    return parameter === undefined ? undefined : (this.node.params[name] ?? parameter.default);
  };
}

/** Of the top left corners; 0 where nothing is placed. */
function extentOf(placed: readonly Pick<ModelNode, 'position'>[]): { left: number; top: number; bottom: number } {
  if (placed.length === 0) return { left: 0, top: 0, bottom: 0 };
  const ys = placed.map(({ position }) => position.y);
  return { left: Math.min(...placed.map(({ position }) => position.x)), top: Math.min(...ys), bottom: Math.max(...ys) };
}
