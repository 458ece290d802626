import type { ModelDocument, ModelNode } from '../document/schema/model-document.ts';
import { expandBlocks } from './expand/expand.ts';
import { readGraph } from './graph/graph.ts';
import type { ModelGraph } from './graph/graph.ts';
import type { ModelFeatures } from './graph/inputs.ts';
import { outputNodes } from './graph/outputs.ts';
import { standaloneModel } from './standalone-model.ts';

/** A layer whose weights give a model's only output. */
export interface TrainedHead {
  /** Name of the layer; with those of the Block nodes around it. */
  readonly layer: string;
  /** Values of the output. */
  readonly units: number;
}

/**
 * The last layer with weights before an Output, if there is one way to it.
 *
 * @param weighted Ids of nodes with weights.
 */
export function headBefore(graph: ModelGraph, output: ModelNode, weighted: ReadonlySet<string>): ModelNode | null {
  let node = output;
  // A cycle is not longer than the graph.
  for (let count = graph.order.length; count > 0; count--) {
    const edges = graph.incoming.get(node.id) ?? [];
    if (edges.length !== 1) return null;
    node = graph.nodes.get(edges[0]!.source)!;
    if (weighted.has(node.id)) return node;
  }
  return null;
}

/** Null if the model has several outputs, gives no row of values, has no such layer, or does not compile. */
export function trainedHead(document: ModelDocument, features: ModelFeatures | null): TrainedHead | null {
  const graph = readGraph(expandBlocks(document).document);
  const [output, ...others] = outputNodes(graph);
  const compiled = standaloneModel(document, features);
  if (output === undefined || others.length > 0 || !compiled.ok) return null;
  const { program, weights } = compiled.model;
  const shape = program.values[program.outputs[0]!.value]!.shape;
  const head = headBefore(graph, output, new Set(weights.map(({ nodeId }) => nodeId)));
  const units = shape[1];
  return head === null || shape.length !== 2 || units == null ? null : { layer: head.name, units };
}

/** Whether values of an output can be probabilities of these classes: one value is that of the second of two. */
export function fitsClasses({ units }: TrainedHead, classes: readonly string[]): boolean {
  return units === classes.length || (units === 1 && classes.length === 2);
}
