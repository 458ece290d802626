import type { GraphProblem } from '../../document/schema/problem.ts';
import type { ProgramBuilder } from '../../program/builder/builder.ts';
import { gradientRules } from '../../program/gradients/gradients.ts';
import type { Operation, ValueId } from '../../program/language/types.ts';
import type { WeightSpec } from '../../compiler/graph/compiled.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';
import { title } from '../../compiler/graph/graph.ts';
import { beforeStep } from '../../compiler/goals/losses/targets.ts';

/** Values that gradients of `ends` reach: those they depend on through differentiable operations. */
export function reachedBy(builder: ProgramBuilder, ends: readonly ValueId[]): ReadonlySet<ValueId> {
  const reached = new Set(ends);
  const pending = [...ends];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    const operation = builder.producerOf(value);
    if (operation === null || gradientRules[operation.op] === 'zero') continue;
    for (const input of operation.inputs) {
      if (reached.has(input) || builder.typeOf(input).dtype !== 'float32') continue;
      reached.add(input);
      pending.push(input);
    }
  }
  return reached;
}

/** A prediction, and whether its loss uses the input of a last step activation. */
export interface LossEnd {
  readonly prediction: ValueId;
  readonly throughStep: boolean;
}

/**
 * Problems of trainable layers that no gradient reaches, because a step or a formula with gradient
 * 0 is between them and every loss.
 */
export function gradientProblems(
  graph: ModelGraph,
  builder: ProgramBuilder,
  weights: readonly WeightSpec[],
  ends: readonly LossEnd[],
): GraphProblem[] {
  const isFlat = ({ op, outputs }: Operation): boolean =>
    gradientRules[op] === 'zero' || builder.typeOf(outputs[0]!).dtype !== 'float32';
  if (!builder.operations.some(isFlat)) return [];
  const starts = ends.map(({ prediction, throughStep }) =>
    throughStep ? (beforeStep(builder, prediction) ?? prediction) : prediction,
  );
  const reached = reachedBy(builder, starts);
  const training = weights.filter((weight) => weight.trainable && graph.usedOwners.has(weight.nodeId));
  const isReached = ({ name, shape }: WeightSpec): boolean => reached.has(builder.state(name, 'float32', shape));
  const withGradient = new Set(training.filter(isReached).map(({ nodeId }) => nodeId));
  const without = [...new Set(training.map(({ nodeId }) => nodeId))].filter((nodeId) => !withGradient.has(nodeId));
  if (without.length === 0) return [];
  if (withGradient.size === 0) {
    const message =
      'Expected gradients for a layer with weights; received none, because a step or a formula with gradient 0 comes last. Choose another activation there, or for a step the loss perceptron.';
    return [{ code: 'graph/no-gradient', severity: 'error', nodeId: without.at(-1)!, message, fixes: [] }];
  }
  return without.map((nodeId) => ({
    code: 'graph/no-gradient',
    severity: 'advice' as const,
    nodeId,
    message: `No gradient reaches ${title(graph.nodes.get(nodeId)!)}, because a step or a formula with gradient 0 comes after it, so training does not change it. Choose another activation there, or freeze the layer.`,
    fixes: [],
  }));
}
