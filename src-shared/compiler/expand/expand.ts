import { isBlockEnd, isInput, isOutput } from '../../document/schema/ends.ts';
import {
  BLOCK,
  BLOCK_INPUT,
  BLOCK_OUTPUT,
  MAX_REPEAT,
  parameterValues,
  substitute,
} from '../../document/schema/blocks.ts';
import { sharesWeights } from '../../document/schema/shared-layers.ts';
import { withMultiplier } from '../../document/schema/learning-rate-multiplier.ts';
import type {
  JsonValue,
  ModelBlock,
  ModelDocument,
  ModelEdge,
  ModelNode,
} from '../../document/schema/model-document.ts';
import {
  blockPorts,
  connectionsByPort,
  withSource,
  type EdgeSource,
  type PortConnections,
} from '../../document/schema/ports.ts';
import type { GraphProblem } from '../../document/schema/problem.ts';
import { resolveParameters } from '../../layers/parameters/resolve-parameters.ts';
import { learningRateMultiplierOf, trainingParameters } from '../../layers/parameters/training-parameters.ts';
import { parameterProblem } from '../graph/parameter-problems.ts';
import * as problemOf from './block-problems.ts';
import { calledNodes, type CalledNode } from './call-order.ts';
import { MAX_DEPTH, MAX_EXPANDED_NODES } from './block-problems.ts';
import {
  circleOf,
  depthOf,
  idInside,
  type BlockCopy,
  type EdgeOrigin,
  type ExpandedModel,
  type NodeOrigin,
} from './expanded.ts';
import { insideCopy, insideNode, isAll, type Remaining } from '../../document/schema/frozen-paths.ts';

/**
 * Replaces every Block node by copies of the block's layers, recursively, so that the compiler
 * sees plain layers only. Copies do not share weights; a Block node with `weightsOf` gives layers
 * with `weightsOf`. The layers of the first copy of 'stack'
 * are named 'stack/dense', those of the second 'stack/2/dense': a larger repeat count does not
 * rename existing weights.
 *
 * The first input of a copy is the output of the copy before; all copies read the other inputs
 * of the Block node.
 *
 * Pure and never throws; linear in the expanded size, which `MAX_EXPANDED_NODES` limits.
 */
export function expandBlocks(document: ModelDocument): ExpandedModel {
  return new Expander(document).expand();
}

/** The nodes of the expanded model that read the inputs and give the output of a Block node. */
interface BlockEnds {
  /** For each input: nodes that read it. */
  readonly inputs: readonly (readonly string[])[];
  readonly output: string;
}

class Expander {
  private readonly document: ModelDocument;
  private readonly blocks: ReadonlyMap<string, ModelBlock>;
  /** Whether any layers share weights. */
  private readonly shares: boolean;
  private readonly nodes: ModelNode[] = [];
  private readonly edges: ModelEdge[] = [];
  private readonly origins = new Map<string, NodeOrigin>();
  private readonly edgeOrigins = new Map<string, EdgeOrigin>();
  private readonly outputs = new Map<string, string>();
  private readonly broken = new Set<string>();
  private readonly problems: GraphProblem[] = [];
  /** Blocks whose problems were already reported. */
  private readonly checked = new Set<ModelBlock>();
  private expandedCount = 0;

  constructor(document: ModelDocument) {
    this.document = document;
    this.blocks = new Map(document.blocks.map((block) => [block.id, block]));
    this.shares = sharesWeights(document);
  }

  expand(): ExpandedModel {
    const { document, origins, edgeOrigins, outputs, broken, problems } = this;
    for (const node of document.nodes) {
      if (node.kind === BLOCK_INPUT || node.kind === BLOCK_OUTPUT) {
        broken.add(node.id);
        problems.push(problemOf.endOutside(node));
      }
    }
    if (!document.nodes.some(({ kind, weightsOf }) => kind === BLOCK || weightsOf !== undefined)) {
      return { document, origins, edgeOrigins, outputs, broken, problems };
    }
    this.graph(document, null, []);
    return {
      document: { ...document, nodes: this.nodes, edges: this.edges },
      ...{ origins, edgeOrigins, outputs, broken, problems },
    };
  }

  /** Adds the nodes and edges of the model (`copy` null), or of one copy of a block. */
  private graph(
    graph: Pick<ModelDocument, 'nodes' | 'edges'>,
    copy: BlockCopy | null,
    paths: readonly Remaining[],
  ): void {
    const uses = new Map<string, BlockEnds>();
    /** Index of the input of a Block node that an edge leads to. */
    const inputOf = new Map<ModelEdge, number>();
    const incoming = Map.groupBy(graph.edges, (edge) => edge.target);
    for (const { node, owner } of this.called(graph, copy, incoming)) {
      const frozenParts = insideNode(paths, owner);
      if (node.kind === BLOCK) {
        const own = [...frozenParts, ...(node.frozenPaths ?? [])];
        const connected = this.connectionsOf(node, incoming.get(node.id) ?? []);
        connected.connected.forEach((edge, index) => edge !== undefined && inputOf.set(edge, index));
        uses.set(node.id, this.use(node, owner, copy, own, connected));
      } else {
        this.layer(node, owner, copy, isAll(frozenParts));
      }
    }
    const entries = new Set(copy === null ? [] : graph.nodes.filter(isEntry).map(({ id }) => id));
    for (const edge of graph.edges) {
      // A BlockInput has no inputs inside its block; such an edge is reported as a problem.
      if (entries.has(edge.target)) continue;
      const given = uses.get(edge.source)?.output;
      const source = given === undefined ? { ...edge, source: idInside(copy, edge.source) } : { source: given };
      const target = uses.get(edge.target);
      if (target === undefined) {
        this.edge(edge, copy, source, idInside(copy, edge.target));
        continue;
      }
      const readers = target.inputs[inputOf.get(edge) ?? -1] ?? [];
      const { targetPort: _port, ...unnamed } = edge;
      readers.forEach((reader, number) => this.edge(unnamed, copy, source, reader, number));
    }
  }

  /** The edges into a Block node by its inputs; into one without a block in order. */
  private connectionsOf(node: ModelNode, edges: readonly ModelEdge[]): PortConnections {
    const block = this.blocks.get(String(node.params['block']));
    return block === undefined ? { connected: edges, refused: [] } : connectionsByPort(blockPorts(block), edges);
  }

  /** The nodes of a graph, in the order of their calls where layers are shared. */
  private called(
    { nodes }: Pick<ModelDocument, 'nodes'>,
    copy: BlockCopy | null,
    incoming: ReadonlyMap<string, readonly ModelEdge[]>,
  ): readonly Pick<CalledNode, 'node' | 'owner'>[] {
    if (!this.shares) return nodes.map((node) => ({ node, owner: node.id }));
    return calledNodes(this.document, nodes, incoming, (node, expected) => {
      const named = copy === null ? node : { ...node, id: idInside(copy, node.id), name: `${copy.name}/${node.name}` };
      this.problems.push(problemOf.badOwner(named, expected));
    });
  }

  private layer(node: ModelNode, ownerId: string, copy: BlockCopy | null, frozen: boolean): void {
    if (copy === null) {
      this.nodes.push(ownerId === node.id ? node : { ...node, weightsOf: ownerId });
      return;
    }
    const expanded = this.inside(node, ownerId, copy, frozen);
    this.expandedCount += 1;
    this.nodes.push(expanded);
    if (isInput(node) || isOutput(node)) this.broken.add(expanded.id);
  }

  /** The node of the expanded model for a node of a copy. */
  private inside(node: ModelNode, ownerId: string, copy: BlockCopy, frozen: boolean): ModelNode {
    const id = idInside(copy, node.id);
    const { weightsOf: _drawn, ...own } = node;
    this.origins.set(id, { copy, node });
    const owner = idInside({ id: copy.owner, copy: copy.copy }, ownerId);
    const shared = owner === id || isBlockEnd(node) ? {} : { weightsOf: owner };
    const named = { ...own, ...shared, id, name: `${copy.name}/${node.name}` };
    const params = Object.entries(node.params).flatMap(([name, given]): [string, JsonValue][] => {
      const value = substitute(given, (parameter) => copy.values.get(parameter));
      if (value !== undefined) return [[name, value]];
      if (owner === id) this.problems.push(problemOf.unknownParameter(named, name, copy.block));
      return [];
    });
    // An Input or Output inside a block is a problem; the model must not treat it as its own.
    const all = withMultiplier(Object.fromEntries(params), copy.learningRateMultiplier);
    const kind = isInput(node) ? BLOCK_INPUT : isOutput(node) ? BLOCK_OUTPUT : node.kind;
    const mode = copy.inferenceMode ? { training: false as const } : {};
    return { ...named, kind, params: all, frozen: node.frozen || frozen || copy.frozen, ...mode };
  }

  /** Expands a Block node; adds a stand-in if it cannot be expanded. @param ownerId In the node's graph. */
  private use(
    node: ModelNode,
    ownerId: string,
    outer: BlockCopy | null,
    paths: readonly Remaining[],
    connections: PortConnections,
  ): BlockEnds {
    const id = idInside(outer, node.id);
    const owner = outer === null ? ownerId : idInside({ id: outer.owner, copy: outer.copy }, ownerId);
    const named = { ...node, id, name: outer === null ? node.name : `${outer.name}/${node.name}` };
    /** Faults of shared values are reported for the owner only. */
    const report = (problem: GraphProblem): void => {
      if (owner === id) this.problems.push(problem);
    };
    const block = this.blocks.get(String(node.params['block']));
    if (block === undefined || typeof node.params['block'] !== 'string') {
      report(problemOf.unknownBlock(named));
      return this.standIn(named, outer, node);
    }
    const circle = circleOf(block, outer);
    if (circle !== null) {
      report(problemOf.recursion(named, circle));
      return this.standIn(named, outer, node);
    }
    if (depthOf(outer) >= MAX_DEPTH) {
      report(problemOf.tooDeep(named));
      return this.standIn(named, outer, node);
    }
    if (this.expandedCount > MAX_EXPANDED_NODES) return this.standIn(named, outer, node);

    const inputs = block.nodes.filter(isEntry);
    const edgeId = (edge: ModelEdge): string => idInside(outer, edge.id);
    this.problems.push(...problemOf.inputProblems(named, connections, blockPorts(block), edgeId));
    const valueOf = (parameter: string): JsonValue | undefined => outer?.values.get(parameter);
    const first: BlockCopy = {
      ...{ id, node, block, outer, name: named.name, copy: 1 },
      owner,
      copies: this.repeatOf(named, inputs.length > 0, valueOf, report),
      values: parameterValues(block, node, valueOf),
      frozen: node.frozen || outer?.frozen === true || isAll(paths),
      inferenceMode: node.training === false || outer?.inferenceMode === true,
      learningRateMultiplier: (outer?.learningRateMultiplier ?? 1) * this.multiplierOf(named, valueOf, report),
    };
    // Registered first, so that problems of the Block node itself can be located.
    if (outer !== null) this.origins.set(id, { copy: outer, node });
    if (!this.checked.has(block)) {
      this.checked.add(block);
      this.problems.push(...problemOf.insideProblems(first));
    }
    return this.copies(first, named, paths, inputs);
  }

  private copies(
    first: BlockCopy,
    named: ModelNode,
    paths: readonly Remaining[],
    inputs: readonly ModelNode[],
  ): BlockEnds {
    const mark = this.mark();
    const { block, copies } = first;
    const readers: string[][] = inputs.map(() => []);
    const output = block.nodes.find((inner) => inner.kind === BLOCK_OUTPUT);
    let previous = '';
    for (let number = 1; number <= copies; number++) {
      const active = insideCopy(paths, number);
      const copy: BlockCopy =
        number === 1
          ? { ...first, frozen: first.frozen || isAll(active) }
          : {
              ...first,
              copy: number,
              name: `${first.name}/${number}`,
              frozen: first.frozen || isAll(active),
            };
      this.expandedCount += 1;
      this.graph(block, copy, active);
      if (this.expandedCount > MAX_EXPANDED_NODES) {
        if (first.outer !== null) return { inputs: [], output: first.id };
        this.takeBack(mark);
        this.problems.push(problemOf.tooMany(named));
        return this.standIn(named, null, first.node);
      }
      inputs.forEach((input, index) => {
        const reader = idInside(copy, input.id);
        if (index > 0 || number === 1) readers[index]!.push(reader);
        else this.edges.push({ id: `${reader}/repeat`, source: previous, target: reader });
      });
      previous = output === undefined ? this.missingOutput(copy) : idInside(copy, output.id);
    }
    this.outputs.set(first.id, previous);
    return { inputs: readers, output: previous };
  }

  private repeatOf(
    named: ModelNode,
    hasInput: boolean,
    valueOf: (parameter: string) => JsonValue | undefined,
    report: (problem: GraphProblem) => void,
  ): number {
    const given = named.params['repeat'] === undefined ? 1 : named.params['repeat'];
    const value = substitute(given, valueOf) ?? given;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_REPEAT) {
      report(problemOf.badRepeat(named, value));
      return 1;
    }
    if (value === 1 || hasInput) return value;
    report(problemOf.notRepeatable(named));
    return 1;
  }

  private multiplierOf(
    named: ModelNode,
    valueOf: (parameter: string) => JsonValue | undefined,
    report: (problem: GraphProblem) => void,
  ): number {
    const params = Object.entries(named.params).flatMap(([name, given]): [string, JsonValue][] => {
      const value = substitute(given, valueOf);
      return value === undefined ? [] : [[name, value]];
    });
    const { faults } = resolveParameters({ parameters: trainingParameters }, Object.fromEntries(params));
    for (const fault of faults) report(parameterProblem(named, fault));
    return faults.length > 0 ? 1 : learningRateMultiplierOf(Object.fromEntries(params));
  }

  /** Adds a stand-in for the missing BlockOutput of a block. */
  private missingOutput(copy: BlockCopy): string {
    const id = idInside(copy, 'missing output');
    const node: ModelNode = { ...copy.node, id, kind: BLOCK_OUTPUT, name: `${copy.name}/output`, params: {} };
    this.nodes.push(node);
    this.origins.set(id, { copy, node });
    this.broken.add(id);
    return id;
  }

  private standIn(named: ModelNode, outer: BlockCopy | null, node: ModelNode): BlockEnds {
    if (outer !== null) this.origins.set(named.id, { copy: outer, node });
    this.broken.add(named.id);
    this.nodes.push(named);
    return { inputs: [[named.id]], output: named.id };
  }

  private edge(edge: ModelEdge, copy: BlockCopy | null, source: EdgeSource, target: string, number = 0): void {
    const id = `${idInside(copy, edge.id)}${number === 0 ? '' : `/${number}`}`;
    if (copy !== null || number > 0) this.edgeOrigins.set(id, { copy, edge });
    this.edges.push(withSource({ ...edge, id, target }, source));
  }

  private mark() {
    return { nodes: this.nodes.length, edges: this.edges.length, problems: this.problems.length };
  }

  /** Removes what was added since the mark. Keeps `expandedCount`, so that expansion stops. */
  private takeBack(mark: ReturnType<Expander['mark']>): void {
    for (const node of this.nodes.splice(mark.nodes)) this.origins.delete(node.id);
    this.edges.length = mark.edges;
    this.problems.length = mark.problems;
  }
}

const isEntry = ({ kind }: ModelNode): boolean => kind === BLOCK_INPUT;
