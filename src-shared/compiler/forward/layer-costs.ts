import type { ModelDocument } from '../../document/schema/model-document.ts';
import { ProgramBuilder } from '../../program/builder/builder.ts';
import { multiplyAdds } from '../../program/builder/cost.ts';
import type { Operation, Program } from '../../program/language/types.ts';
import { adaptNormalization } from './adapt-normalization.ts';
import { expandBlocks } from '../expand/expand.ts';
import { emitForward } from './forward.ts';
import { readGraph } from '../graph/graph.ts';
import { readInputs } from '../graph/inputs.ts';
import type { ModelFeatures } from '../graph/inputs.ts';

/** Cost of a layer's forward pass per example. */
export interface LayerCost {
  /** Multiply-adds of matrix products and convolutions. */
  readonly multiplyAdds: number;
  /** Elements of all intermediate values: what training keeps until the backward pass. */
  readonly values: number;
}

/**
 * Costs by id in the expanded model. A Block node has the sum of the costs of its layers.
 * Linear in the model's size.
 */
export function layerCosts(document: ModelDocument, features: ModelFeatures | null): ReadonlyMap<string, LayerCost> {
  const expanded = expandBlocks(document);
  const read = readGraph(expanded.document);
  const inputs = readInputs(read, features);
  const graph = adaptNormalization(read, inputs.parts, features);
  const builder = new ProgramBuilder();
  // Operations are assigned to layers by scope. Names may not be unique during editing: use ids.
  const nodes = graph.order.map((node) => ({ ...node, name: node.id }));
  const named = { ...graph, order: nodes, nodes: new Map(nodes.map((node) => [node.id, node])) };
  emitForward(named, builder, {
    input: ({ id }) => {
      const shape = inputs.parts.get(id)?.shape ?? null;
      return shape === null ? null : builder.input(id, 'float32', [null, ...shape]);
    },
    training: false,
    seed: 0,
    step: null,
    prefix: ({ id }) => id,
  });
  const { values, operations } = builder.build();
  const costs = new Map<string, { multiplyAdds: number; values: number }>();
  for (const operation of operations) {
    const added = { multiplyAdds: multiplyAdds(values, operation), values: valuesKept(values, operation) };
    for (const id of ownersOf(operation.scope, expanded)) {
      const cost = costs.get(id) ?? { multiplyAdds: 0, values: 0 };
      costs.set(id, { multiplyAdds: cost.multiplyAdds + added.multiplyAdds, values: cost.values + added.values });
    }
  }
  return costs;
}

/** Elements of an operation's outputs per example. */
function valuesKept(values: Program['values'], { outputs }: Operation): number {
  return outputs.reduce((sum, output) => {
    const { shape } = values[output]!;
    return shape.includes(null) ? sum + shape.reduce<number>((product, size) => product * (size ?? 1), 1) : sum;
  }, 0);
}

/** Ids of a node of the expanded model and of the Block nodes around it. */
function ownersOf(id: string, { origins }: ReturnType<typeof expandBlocks>): string[] {
  const owners = [id];
  for (let copy = origins.get(id)?.copy ?? null; copy !== null; copy = copy.outer) owners.push(copy.id);
  return owners;
}
