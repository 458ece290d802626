import { BLOCK } from '../../document/schema/blocks.ts';
import type { ModelEdge, ModelNode } from '../../document/schema/model-document.ts';
import type { InputPort } from '../../document/schema/ports.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import { title } from './graph.ts';

/**
 * Problems of edges whose port does not exist or is occupied.
 * @param edges Such edges into the node.
 * @param ports The inputs of the node; empty: they have no names.
 * @param hasFreeInput Whether the edges can lead to another input.
 * @param idOf Id of an edge in the expanded model.
 */
export function portProblems(
  node: ModelNode,
  edges: readonly ModelEdge[],
  ports: readonly InputPort[],
  hasFreeInput: boolean,
  idOf: (edge: ModelEdge) => string = ({ id }) => id,
): GraphProblem[] {
  return edges.map((edge) => {
    const params = { edgeId: idOf(edge) };
    const free: Fix = { label: 'Connect it to the first free input', action: 'free-port', params };
    const remove: Fix = { label: 'Remove the connection', action: 'remove-edge', params };
    const port = ports.find(({ name }) => name === edge.targetPort);
    const words =
      port !== undefined
        ? `expected one connection to its input '${port.label}'; received another one.`
        : `expected connections to ${inputsInWords(ports)}; received one to ${receivedPort(node, edge)}.`;
    return {
      code: port === undefined ? 'graph/unknown-port' : 'graph/occupied-port',
      severity: 'error',
      nodeId: node.id,
      message: `${title(node)} ${words} ${hasFreeInput ? 'Connect it to another input, or remove it.' : 'Remove it.'}`,
      fixes: hasFreeInput ? [free, remove] : [remove],
    };
  });
}

/** The port in words. Ports of Block nodes are ids, which are not shown. */
function receivedPort({ kind }: ModelNode, { targetPort }: ModelEdge): string {
  return kind === BLOCK ? 'an input that the block does not have' : `'${targetPort}'`;
}

function inputsInWords(ports: readonly InputPort[]): string {
  if (ports.length === 0) return 'inputs without names';
  return `its inputs ${ports.map(({ label }) => `'${label}'`).join(', ')}`;
}
