import { BLOCK_INPUT } from './blocks.ts';
import type { ModelBlock, ModelEdge } from './model-document.ts';

/** A named input of a node. */
export interface InputPort {
  readonly name: string;
  readonly label: string;
}

/** Ports whose labels are their names. */
export function portsNamed(...names: string[]): InputPort[] {
  return names.map((name) => ({ name, label: name }));
}

export interface PortConnections {
  /** The edge into each port, in the order of the ports; undefined: not connected. */
  readonly connected: readonly (ModelEdge | undefined)[];
  /** Edges to an unknown or occupied port, or without a free port. */
  readonly refused: readonly ModelEdge[];
}

/** Assigns the edges into a node to its ports. Edges without a port take the free ports in order. */
export function connectionsByPort(ports: readonly InputPort[], edges: readonly ModelEdge[]): PortConnections {
  const byName = new Map<string, ModelEdge>();
  const names = new Set(ports.map(({ name }) => name));
  const unnamed: ModelEdge[] = [];
  const refused: ModelEdge[] = [];
  for (const edge of edges) {
    const { targetPort } = edge;
    if (targetPort === undefined) unnamed.push(edge);
    else if (!names.has(targetPort) || byName.has(targetPort)) refused.push(edge);
    else byName.set(targetPort, edge);
  }
  const connected = ports.map(({ name }) => byName.get(name) ?? unnamed.shift());
  return { connected, refused: [...refused, ...unnamed] };
}

/** Inputs of a block, in the order of its BlockInputs. */
export function blockPorts(block: Pick<ModelBlock, 'nodes'>): InputPort[] {
  return block.nodes.filter(({ kind }) => kind === BLOCK_INPUT).map(({ id, name }) => ({ name: id, label: name }));
}

/** Ends of an edge with their ports. */
export type EdgeEnds = Omit<ModelEdge, 'id'>;

export function sameEnds(a: EdgeEnds, b: EdgeEnds): boolean {
  return (
    a.source === b.source && a.sourcePort === b.sourcePort && a.target === b.target && a.targetPort === b.targetPort
  );
}

/** An output of a node. */
export type EdgeSource = Pick<ModelEdge, 'source' | 'sourcePort'>;

/** The edge with another source. */
export function withSource({ sourcePort: _port, ...edge }: ModelEdge, { source, sourcePort }: EdgeSource): ModelEdge {
  return { ...edge, source, ...(sourcePort === undefined ? {} : { sourcePort }) };
}

/** An input of a node. */
export type EdgeTarget = Pick<ModelEdge, 'target' | 'targetPort'>;

/** The edge with another target. */
export function withTarget({ targetPort: _port, ...edge }: ModelEdge, { target, targetPort }: EdgeTarget): ModelEdge {
  return { ...edge, target, ...(targetPort === undefined ? {} : { targetPort }) };
}
