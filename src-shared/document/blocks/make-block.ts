import { isEnd } from '../schema/ends.ts';
import { annotated, ungrouped } from '../schema/annotations.ts';
import { BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, referencesIn } from '../schema/blocks.ts';
import { CARD, namesOf, type CreateId } from '../edits/edits.ts';
import type {
  ModelBlock,
  ModelDocument,
  ModelEdge,
  ModelGroup,
  ModelNode,
  ModelNote,
} from '../schema/model-document.ts';
import { uniqueName } from '../schema/names.ts';
import { withSource, withTarget } from '../schema/ports.ts';
import { ownerLookup } from '../schema/shared-layers.ts';
import type { Change, ModelGraphParts, Operation } from '../history/operations.ts';

/** A selection and the edges inside and across its border, in document order. */
interface Border {
  readonly nodes: readonly ModelNode[];
  readonly inner: readonly ModelEdge[];
  readonly incoming: readonly ModelEdge[];
  readonly outgoing: readonly ModelEdge[];
  /** The only node whose value is read outside; null if there is none. */
  readonly output: ModelNode | null;
  /** Indices of the edges in the document: they give the order of a layer's inputs. */
  readonly places: ReadonlyMap<string, number>;
}

/** Why these nodes cannot become a block, as a message; null if they can. */
export function blockRefusal(document: ModelDocument, nodeIds: readonly string[]): string | null {
  const border = borderOf(document, nodeIds);
  return typeof border === 'string' ? border : null;
}

/**
 * Moves nodes into a new block and replaces them by a Block node. Each source outside becomes a
 * BlockInput, the value read outside the BlockOutput. If the nodes refer to parameters of the
 * block around them, the new block gets these parameters too.
 *
 * @param document The model, or the graph of a block from `graphOf`.
 * @returns A message if the nodes cannot become a block.
 */
export function makeBlock(
  document: ModelDocument,
  nodeIds: readonly string[],
  createId: CreateId,
): { change: Change; nodeId: string; blockId: string } | string {
  const border = borderOf(document, nodeIds);
  if (typeof border === 'string') return border;
  const names = new Set(document.blocks.map(({ name }) => name));
  const name = uniqueName('block', names);
  const moving = annotationsInside(document, border.nodes);
  const inside = insideOf(border, moving, createId);
  const parameters = parametersOf(document, border.nodes);
  const block: ModelBlock = {
    id: createId(),
    name,
    parameters: parameters.map((parameter) => ({ name: parameter, default: defaultOf(document, parameter) })),
    ...inside.graph,
  };
  const own = new Set(border.nodes.map((node) => node.name));
  const taken = new Set([...namesOf(document)].filter((other) => !own.has(other)));
  const left = Math.min(...border.nodes.map(({ position }) => position.x));
  const top = Math.min(...border.nodes.map(({ position }) => position.y));
  const node: ModelNode = {
    id: createId(),
    kind: BLOCK,
    name: uniqueName(name, taken),
    params: {
      block: block.id,
      ...Object.fromEntries(parameters.map((parameter) => [parameter, { parameter }])),
    },
    position: { x: left, y: top },
    frozen: false,
    ...groupAround(border.nodes, moving),
  };
  const first = document.nodes.findIndex(({ id }) => id === border.nodes[0]!.id);
  const kept = new Set(inside.entries.map(({ id }) => id));
  const operations: Operation[] = [
    ...closedUp(document, border.nodes),
    { kind: 'insertBlock', index: document.blocks.length, block },
    { kind: 'insertNode', index: first, node },
    ...border.outgoing.map((edge): Operation => ({ kind: 'replaceEdge', edge: withSource(edge, { source: node.id }) })),
    ...inside.entries.map((edge): Operation => ({ kind: 'replaceEdge', edge: { ...edge, target: node.id } })),
    ...[...border.inner, ...border.incoming.filter(({ id }) => !kept.has(id))].map(({ id }): Operation => ({
      kind: 'removeEdge',
      edgeId: id,
    })),
    ...border.nodes.map(({ id }): Operation => ({ kind: 'removeNode', nodeId: id })),
    ...moving.notes.map(({ id }): Operation => ({ kind: 'removeNote', noteId: id })),
    ...moving.groups.map(({ id }): Operation => ({ kind: 'removeGroup', groupId: id })),
  ];
  const what = border.nodes.length === 1 ? `'${border.nodes[0]!.name}'` : `${border.nodes.length} layers`;
  return { change: { label: `Make block of ${what}`, operations }, nodeId: node.id, blockId: block.id };
}

function borderOf(document: ModelDocument, nodeIds: readonly string[]): Border | string {
  const wanted = new Set(nodeIds);
  const nodes = document.nodes.filter(({ id }) => wanted.has(id));
  if (nodes.length === 0) return 'Select the layers for the block.';
  const end = nodes.find(isEnd);
  if (end !== undefined)
    return `${end.kind} '${end.name}' cannot be part of a block. Select only layers between inputs and outputs.`;
  const shared = sharedAcross(document, wanted);
  if (shared !== null) {
    return `'${shared.node.name}' uses the weights of '${shared.owner.name}', and only one of them is selected. Select both, or use separate weights.`;
  }
  const inner = document.edges.filter(({ source, target }) => wanted.has(source) && wanted.has(target));
  const incoming = document.edges.filter(({ source, target }) => !wanted.has(source) && wanted.has(target));
  const outgoing = document.edges.filter(({ source, target }) => wanted.has(source) && !wanted.has(target));
  const detour = detourOf(document, wanted);
  if (detour !== null) {
    return `'${detour.name}' reads the selection and the selection reads it, so the block would be on a cycle. Select it too.`;
  }
  const leaving = nodes.filter(({ id }) => outgoing.some(({ source }) => source === id));
  if (leaving.length > 1) {
    const names = leaving.map(({ name }) => `'${name}'`).join(', ');
    return `Expected one layer of the selection that is read outside; received ${names}. Select layers with one output.`;
  }
  const last = nodes.filter(({ id }) => !inner.some(({ source }) => source === id));
  const output = leaving[0] ?? (last.length === 1 ? last[0]! : null);
  if (output === null && last.length > 1) {
    const names = last.map(({ name }) => `'${name}'`).join(', ');
    return `Expected one last layer in the selection; received ${names}. Select layers with one output.`;
  }
  const places = new Map(document.edges.map(({ id }, place) => [id, place]));
  return { nodes, inner, incoming, outgoing, output, places };
}

/** A node that shares weights across the border of the selection, and the owner; null if there is none. */
function sharedAcross(
  { nodes }: ModelDocument,
  selected: ReadonlySet<string>,
): { node: ModelNode; owner: ModelNode } | null {
  const find = ownerLookup(nodes);
  for (const node of nodes) {
    const owner = find(node);
    if (owner !== undefined && selected.has(node.id) !== selected.has(owner.id)) return { node, owner };
  }
  return null;
}

/** A node outside on a path that leaves the selection and returns to it; null if there is none. */
function detourOf(document: ModelDocument, selected: ReadonlySet<string>): ModelNode | null {
  const targets = Map.groupBy(document.edges, ({ source }) => source);
  const reached = new Set<string>();
  const pending = document.edges
    .filter(({ source, target }) => selected.has(source) && !selected.has(target))
    .map(({ target }) => target);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    for (const { target } of targets.get(id) ?? []) {
      if (selected.has(target)) return document.nodes.find((node) => node.id === id) ?? null;
      pending.push(target);
    }
  }
  return null;
}

/** Groups whose layers all move into the block, with their notes. */
interface MovingAnnotations {
  readonly groups: readonly ModelGroup[];
  readonly notes: readonly ModelNote[];
}

function annotationsInside(document: ModelDocument, nodes: readonly ModelNode[]): MovingAnnotations {
  const { groups = [], notes = [] } = document;
  const own = new Set(nodes.map(({ group }) => group));
  const left = new Set(document.nodes.filter((node) => !nodes.includes(node)).map(({ group }) => group));
  const moving = groups.filter(({ id }) => own.has(id) && !left.has(id));
  const ids = new Set(moving.map(({ id }) => id));
  return { groups: moving, notes: notes.filter(({ group }) => group !== undefined && ids.has(group)) };
}

/** The group of the Block node: the one that all of its layers were in. */
function groupAround(nodes: readonly ModelNode[], { groups }: MovingAnnotations): { group?: string } {
  const group = nodes[0]?.group;
  const isShared = nodes.every((node) => node.group === group);
  return group !== undefined && isShared && !groups.some(({ id }) => id === group) ? { group } : {};
}

/** The block's graph, and the edges that are kept as inputs of the Block node, one per BlockInput, with its port. */
function insideOf(
  { nodes, inner, incoming, output, places }: Border,
  { groups, notes }: MovingAnnotations,
  createId: CreateId,
): { graph: ModelGraphParts; entries: ModelEdge[] } {
  const isOf = (edge: ModelEdge) => (other: ModelEdge) =>
    other.source === edge.source && other.sourcePort === edge.sourcePort;
  const first = incoming.filter((edge, index) => incoming.findIndex(isOf(edge)) === index);
  // A selection without inputs gets one BlockInput, connected to the layers without inputs.
  const roots = nodes.filter(({ id }) => !inner.some(({ target }) => target === id));
  const top = Math.min(...nodes.map(({ position }) => position.y)) - CARD.height - CARD.gapY;
  const bottom = Math.max(...nodes.map(({ position }) => position.y)) + CARD.height + CARD.gapY;
  const left = Math.min(...nodes.map(({ position }) => position.x));
  const taken = new Set(nodes.map(({ name }) => name));
  const end = (kind: string, wanted: string, x: number, y: number): ModelNode => {
    const name = uniqueName(wanted, taken);
    taken.add(name);
    return { id: createId(), kind, name, params: {}, position: { x, y }, frozen: false };
  };
  const count = Math.max(1, first.length);
  const inputs = Array.from({ length: count }, (_, i) =>
    end(BLOCK_INPUT, 'input', left + i * (CARD.width + CARD.gapX), top),
  );
  const exit = end(BLOCK_OUTPUT, 'output', output?.position.x ?? left, bottom);
  const entries = first.map((edge, place) =>
    withTarget(edge, { target: edge.target, targetPort: count === 1 ? undefined : inputs[place]!.id }),
  );
  const edges: ModelEdge[] = [
    ...(entries.length > 0
      ? incoming.map((edge) => withSource(edge, { source: inputs[first.findIndex(isOf(edge))]!.id }))
      : roots.map((root) => ({ id: createId(), source: inputs[0]!.id, target: root.id }))),
    ...inner,
  ];
  edges.sort((a, b) => (places.get(a.id) ?? -1) - (places.get(b.id) ?? -1));
  if (output !== null) edges.push({ id: createId(), source: output.id, target: exit.id });
  const ids = new Set(groups.map(({ id }) => id));
  const moved = <Member extends ModelNode | ModelNote>(member: Member): Member => ({
    ...(member.group !== undefined && ids.has(member.group) ? member : ungrouped(member)),
    position: { x: member.position.x - left, y: member.position.y - top },
  });
  const graph = { nodes: [...inputs, ...nodes, exit].map(moved), edges };
  return { graph: annotated<ModelGraphParts>(graph, { notes: notes.map(moved), groups: [...groups] }), entries };
}

/** Parameters of the enclosing block that these nodes refer to. */
function parametersOf(document: ModelDocument, nodes: readonly ModelNode[]): string[] {
  const found = new Set(nodes.flatMap(({ params }) => [...referencesIn(params)]));
  const around = document.blocks.find((block) => block.nodes === document.nodes);
  return (around?.parameters ?? []).flatMap(({ name }) => (found.has(name) ? [name] : []));
}

function defaultOf(document: ModelDocument, parameter: string) {
  const around = document.blocks.find((block) => block.nodes === document.nodes);
  return around?.parameters.find(({ name }) => name === parameter)?.default ?? null;
}

/** Moves the cards below up to the Block node, unless there are cards beside the selection. */
function closedUp(document: ModelDocument, selected: readonly ModelNode[]): Operation[] {
  const ys = selected.map(({ position }) => position.y);
  const top = Math.min(...ys);
  const bottom = Math.max(...ys);
  const outside = document.nodes.filter((node) => !selected.includes(node));
  if (bottom === top || outside.some(({ position }) => position.y >= top && position.y <= bottom)) return [];
  const below = outside.filter(({ position }) => position.y > bottom);
  if (below.length === 0) return [];
  const nodes = below.map((node) => ({
    ...node,
    position: { x: node.position.x, y: node.position.y - (bottom - top) },
  }));
  return [{ kind: 'replaceNodes', nodes }];
}
