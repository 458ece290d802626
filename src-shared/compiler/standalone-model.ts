import type { ModelDocument } from '../document/schema/model-document.ts';
import type { GraphProblem } from '../document/schema/problem.ts';
import { ProgramBuilder } from '../program/builder/builder.ts';
import { simplify } from '../program/builder/simplify.ts';
import type { Program, ValueId } from '../program/language/types.ts';
import { expandBlocks } from './expand/expand.ts';
import { adaptNormalization } from './forward/adapt-normalization.ts';
import { drawInput } from './forward/draws.ts';
import { emitForward } from './forward/forward.ts';
import type { WeightSpec } from './graph/compiled.ts';
import { readGraph, title } from './graph/graph.ts';
import { readInputs } from './graph/inputs.ts';
import type { ModelFeatures } from './graph/inputs.ts';
import { nameProblems } from './graph/names.ts';
import { outputNodes } from './graph/outputs.ts';
import { predictionName } from './model-programs.ts';

/** The prediction program of a model without targets: an input for each Input, and an output for each Output. */
export interface StandaloneModel {
  /** With Monte Carlo layers it also has the int32 scalar `draw`, the number of the random draw. */
  readonly program: Program;
  /** All weights that an Output depends on. */
  readonly weights: readonly WeightSpec[];
  /** In the program's order. Shapes without the batch axis. */
  readonly inputs: readonly { readonly input: string; readonly layer: string; readonly shape: readonly number[] }[];
  /** In the program's order. */
  readonly outputs: readonly { readonly output: string; readonly layer: string }[];
}

export type StandaloneResult =
  | { readonly ok: true; readonly model: StandaloneModel }
  | { readonly ok: false; readonly problems: readonly GraphProblem[] };

/**
 * Compiles a model for prediction only.
 *
 * @param features Of the data set that it was trained on; null: shapes are parameters of the Inputs.
 * @param seed Of Monte Carlo layers.
 */
export function standaloneModel(document: ModelDocument, features: ModelFeatures | null, seed = 0): StandaloneResult {
  const read = readGraph(expandBlocks(document).document);
  const inputs = readInputs(read, features);
  const graph = adaptNormalization(read, inputs.parts, features);
  const builder = new ProgramBuilder();
  const values = new Map<string, ValueId>();
  const parts = [...inputs.parts.values()].filter(({ node }) => graph.used.has(node.id));
  const names = new Map(parts.map(({ node }, index) => [node.id, index === 0 ? 'x' : `x_${index}`]));
  for (const { node, shape } of parts) {
    if (shape !== null) values.set(node.id, builder.input(names.get(node.id)!, 'float32', [null, ...shape]));
  }
  const draw = drawInput(graph, builder);
  const forward = emitForward(graph, builder, {
    input: ({ id }) => values.get(id) ?? null,
    training: false,
    seed,
    step: draw,
    prefix: (node) => node.name,
    skip: (node) => !graph.used.has(node.id),
  });
  const outputs = outputNodes(graph);
  const withoutShape = parts
    .filter(({ shape }) => shape === null)
    .map(({ node }): GraphProblem => ({
      code: 'graph/no-data',
      severity: 'error',
      nodeId: node.id,
      param: 'shape',
      message: `Expected ${title(node)} with a shape, without the batch axis; it has none. Give it a shape.`,
      fixes: [],
    }));
  const problems = [
    ...graph.problems,
    ...nameProblems(document.nodes),
    ...inputs.problems,
    ...withoutShape,
    ...forward.problems,
  ].filter(({ severity }) => severity === 'error');
  const predictions = outputs.flatMap((node) => {
    const value = forward.outputs.get(node.id);
    return value === undefined ? [] : [{ layer: node.name, value }];
  });
  if (problems.length > 0 || predictions.length === 0 || predictions.length < outputs.length) {
    return { ok: false, problems: problems.length > 0 ? problems : [noPrediction()] };
  }
  predictions.forEach(({ value }, index) => builder.output(predictionName(index), value));
  return {
    ok: true,
    model: {
      program: simplify(builder.build()),
      weights: forward.weights,
      inputs: parts.map(({ node, shape }) => ({ input: names.get(node.id)!, layer: node.name, shape: shape! })),
      outputs: predictions.map(({ layer }, index) => ({ output: predictionName(index), layer })),
    },
  };
}

function noPrediction(): GraphProblem {
  return {
    code: 'graph/no-output',
    severity: 'error',
    nodeId: null,
    message: 'Expected an Output that an Input leads to; the model has none. Add an Output and connect it.',
    fixes: [],
  };
}
