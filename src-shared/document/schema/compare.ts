import { BLOCK, blockOf, blocksOf } from './blocks.ts';
import type { JsonValue, ModelDocument, ModelNode, ModelWeights } from './model-document.ts';
import { blockPorts } from './ports.ts';
import { ownerOf, withOwnersValues } from './shared-layers.ts';

/** Status of a layer or a connection in the comparison of two models. */
export type ComparedStatus = 'added' | 'removed' | 'changed' | 'same';

export interface ParameterChange {
  /** A parameter's name, or 'name', 'kind', 'frozen', 'inference mode', 'weights of'. */
  readonly what: string;
  /** Undefined: its default. */
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
}

export interface ComparedNode {
  readonly status: ComparedStatus;
  /** Undefined if it was added. */
  readonly before: ModelNode | undefined;
  /** Undefined if it was removed. */
  readonly after: ModelNode | undefined;
  readonly changes: readonly ParameterChange[];
}

export interface ComparedEdge {
  readonly status: 'added' | 'removed' | 'same';
  /** Names of the connected layers. */
  readonly source: string;
  readonly target: string;
  /** Input of the target, and its name; absent: the input has no name. */
  readonly targetPort?: string;
  readonly input?: string;
}

/** The weights that new runs of two models start from; null: the seed. */
export interface ComparedWeights {
  readonly status: 'changed' | 'same';
  readonly before: ModelWeights | null;
  readonly after: ModelWeights | null;
}

export interface ModelComparison {
  /** Layers of the second model in its order, then removed layers. */
  readonly nodes: readonly ComparedNode[];
  readonly edges: readonly ComparedEdge[];
  readonly weights: ComparedWeights;
  /** Whether layers and connections are the same; positions on the canvas may differ. */
  readonly sameGraph: boolean;
  /** `sameGraph`, and new runs start from the same weights. */
  readonly same: boolean;
}

/**
 * Compares two models. Layers are matched by id and kind, else by name; positions on the canvas are
 * ignored.
 */
export function compareModels(before: ModelDocument, after: ModelDocument): ModelComparison {
  const partners = pair(before.nodes, after.nodes);
  const [old, now] = [namedEdges(before, namesBefore(before, partners)), namedEdges(after, new Map())];
  const [oldInputs, inputs] = [old, now].map((edges) => Map.groupBy(edges, ({ target }) => target));
  const nodes: ComparedNode[] = after.nodes.map((node) => {
    const partner = partners.get(node);
    const further = [
      ...weightsChange(before, partner, after, node, partners),
      ...insideChanges(before, partner, after, node),
      ...orderChange(oldInputs!.get(node.name) ?? [], inputs!.get(node.name) ?? []),
    ];
    // A layer that shares weights in one of the models has the values of its owner.
    const differ = partner !== undefined && (partner.weightsOf === undefined) !== (node.weightsOf === undefined);
    return differ
      ? comparedNode(valuesOf(before, partner), valuesOf(after, node), further)
      : comparedNode(partner, node, further);
  });
  const matched = new Set(partners.values());
  for (const node of before.nodes) {
    if (!matched.has(node)) nodes.push(comparedNode(node, undefined, []));
  }
  const edges = comparedEdges(old, now);
  const weights = comparedWeights(before.weights ?? null, after.weights ?? null);
  const sameGraph = nodes.every(({ status }) => status === 'same') && edges.every(({ status }) => status === 'same');
  return { nodes, edges, weights, sameGraph, same: sameGraph && weights.status === 'same' };
}

/** Compares the files, not their labels. */
function comparedWeights(before: ModelWeights | null, after: ModelWeights | null): ComparedWeights {
  return { status: before?.artifact === after?.artifact ? 'same' : 'changed', before, after };
}

const valuesOf = ({ nodes }: ModelDocument, node: ModelNode): ModelNode => withOwnersValues(node, ownerOf(nodes, node));

/** Maps nodes of the second model to the matching ones of the first. */
function pair(before: readonly ModelNode[], after: readonly ModelNode[]): Map<ModelNode, ModelNode> {
  const pairs = new Map<ModelNode, ModelNode>();
  const taken = new Set<ModelNode>();
  const match = (find: (node: ModelNode) => ModelNode | undefined): void => {
    for (const node of after) {
      const partner = pairs.has(node) ? undefined : find(node);
      if (partner === undefined || taken.has(partner)) continue;
      pairs.set(node, partner);
      taken.add(partner);
    }
  };
  const byId = new Map(before.map((node) => [node.id, node]));
  const byName = new Map(before.map((node) => [node.name, node]));
  match((node) => {
    const partner = byId.get(node.id);
    return partner?.kind === node.kind ? partner : undefined;
  });
  match((node) => byName.get(node.name));
  return pairs;
}

function comparedNode(
  before: ModelNode | undefined,
  after: ModelNode | undefined,
  further: readonly ParameterChange[],
): ComparedNode {
  if (before === undefined) return { status: 'added', before, after, changes: [] };
  if (after === undefined) return { status: 'removed', before, after, changes: [] };
  // Compare the content of a block, not its id.
  const names = [...new Set([...Object.keys(before.params), ...Object.keys(after.params)])].filter(
    (name) => before.kind !== BLOCK || name !== 'block',
  );
  const all: ParameterChange[] = [
    { what: 'name', before: before.name, after: after.name },
    { what: 'kind', before: before.kind, after: after.kind },
    { what: 'frozen', before: before.frozen, after: after.frozen },
    { what: 'inference mode', before: before.training === false, after: after.training === false },
    { what: 'frozen inside', before: sortedPaths(before), after: sortedPaths(after) },
    ...names.map((what) => ({ what, before: before.params[what], after: after.params[what] })),
    ...further,
  ];
  const changes = all.filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
  return { status: changes.length > 0 ? 'changed' : 'same', before, after, changes };
}

/** Frozen paths have no order. Undefined: there are none. */
function sortedPaths({ frozenPaths = [] }: Pick<ModelNode, 'frozenPaths'>): JsonValue | undefined {
  const sorted = frozenPaths.map((path) => JSON.stringify(path)).toSorted();
  return sorted.length === 0 ? undefined : sorted.map((path) => JSON.parse(path) as JsonValue);
}

/** The layer whose weights a node uses, by name in the second model. */
function weightsChange(
  before: ModelDocument,
  one: ModelNode | undefined,
  after: ModelDocument,
  other: ModelNode,
  partners: ReadonlyMap<ModelNode, ModelNode>,
): ParameterChange[] {
  const [owner, next] = [
    one?.weightsOf === undefined ? undefined : ownerOf(before.nodes, one),
    other.weightsOf === undefined ? undefined : ownerOf(after.nodes, other),
  ];
  if (owner === undefined && next === undefined) return [];
  const renamed = [...partners].find(([, partner]) => partner === owner)?.[0];
  return [{ what: 'weights of', before: (renamed ?? owner)?.name, after: next?.name }];
}

/** Changes in the blocks of two Block nodes, nested blocks included; ignores positions. */
function insideChanges(
  before: ModelDocument,
  one: ModelNode | undefined,
  after: ModelDocument,
  other: ModelNode,
): ParameterChange[] {
  if (one?.kind !== BLOCK || other.kind !== BLOCK) return [];
  const contentOf = (document: ModelDocument, node: ModelNode): string =>
    JSON.stringify(
      blocksOf(document, [node]).map(({ parameters, nodes, edges }) => ({
        parameters,
        edges,
        nodes: nodes.map(({ position: _position, placed: _placed, group: _group, ...node }) => ({
          ...node,
          frozenPaths: sortedPaths(node),
        })),
      })),
    );
  if (contentOf(before, one) === contentOf(after, other)) return [];
  const layers = (document: ModelDocument, node: ModelNode): string =>
    (blockOf(document, node)?.nodes ?? []).map(({ name }) => name).join(', ');
  const [was, is] = [layers(before, one), layers(after, other)];
  return [{ what: 'inside', before: was, after: was === is ? `${is} (changed)` : is }];
}

/** Names of the first model's nodes that have another name in the second, by id. */
function namesBefore(before: ModelDocument, partners: ReadonlyMap<ModelNode, ModelNode>): ReadonlyMap<string, string> {
  const renamed = new Map([...partners].map(([node, partner]) => [partner.id, node.name]));
  return new Map(before.nodes.map((node) => [node.id, renamed.get(node.id) ?? node.name]));
}

type NamedEdge = Omit<ComparedEdge, 'status'>;

/** The edges with the names of their ends, in document order. @param renamed Other names of nodes, by id. */
function namedEdges(document: ModelDocument, renamed: ReadonlyMap<string, string>): NamedEdge[] {
  const nodes = new Map(document.nodes.map((node) => [node.id, node]));
  const nameOf = (id: string) => renamed.get(id) ?? nodes.get(id)?.name ?? '';
  return document.edges.map(({ source, target, targetPort }) => {
    const node = nodes.get(target);
    const block = node === undefined ? undefined : blockOf(document, node);
    const port = block === undefined ? undefined : blockPorts(block).find(({ name }) => name === targetPort);
    const input = targetPort === undefined ? {} : { targetPort, input: port?.label ?? targetPort };
    return { source: nameOf(source), target: nameOf(target), ...input };
  });
}

/** Edges by their ends; a number tells edges with the same ends apart. */
function byEnds(edges: readonly NamedEdge[]): Map<string, NamedEdge> {
  const counts = new Map<string, number>();
  return new Map(
    edges.map((edge) => {
      const ends = JSON.stringify([edge.source, edge.target, edge.input]);
      const count = counts.get(ends) ?? 0;
      counts.set(ends, count + 1);
      return [`${ends}${count}`, edge];
    }),
  );
}

function comparedEdges(before: readonly NamedEdge[], after: readonly NamedEdge[]): ComparedEdge[] {
  const [old, now] = [byEnds(before), byEnds(after)];
  return [
    ...[...now].map(([key, edge]): ComparedEdge => ({ status: old.has(key) ? 'same' : 'added', ...edge })),
    ...[...old].filter(([key]) => !now.has(key)).map(([, edge]): ComparedEdge => ({ status: 'removed', ...edge })),
  ];
}

/** Inputs without names that a node reads in another order. */
function orderChange(before: readonly NamedEdge[], after: readonly NamedEdge[]): ParameterChange[] {
  const sourcesIn = (edges: readonly NamedEdge[]) =>
    edges.filter(({ input }) => input === undefined).map(({ source }) => source);
  const [was, is] = [sourcesIn(before), sourcesIn(after)];
  const isMoved = was.join() !== is.join() && was.toSorted().join() === is.toSorted().join();
  return isMoved ? [{ what: 'order of inputs', before: was, after: is }] : [];
}
