import type { FunctionDef, GraphModel, NodeDef } from './graph-def.ts';

/**
 * The graph with TensorFlow's default executor for all functions. On a GPU a step uses two devices
 * (sizes and counters stay on the CPU), and the single-threaded executor cannot wait for the other
 * device.
 */
export function withDefaultExecutor(graph: GraphModel): GraphModel {
  return {
    ...graph,
    nodes: graph.nodes.map(byDefault),
    functions: graph.functions.map((definition): FunctionDef => ({
      ...definition,
      nodes: definition.nodes.map(byDefault),
    })),
  };
}

function byDefault(node: NodeDef): NodeDef {
  if (node.attributes['executor_type'] === undefined) return node;
  return { ...node, attributes: { ...node.attributes, executor_type: { kind: 'string', value: '' } } };
}
