import type { FunctionDef, GraphModel, NodeDef } from './graph-def.ts';

/**
 * The same graph with every function run by TensorFlow's default executor. On a GPU a step
 * is at work on two devices (sizes and counters stay with the processor), and the executor
 * of one thread cannot wait for the other device.
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
