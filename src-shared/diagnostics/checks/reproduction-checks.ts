import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import { showShape } from '../../program/language/shape.ts';
import { lossNames } from '../../training/configuration/goal-names.ts';
import type { LossSettings } from '../../training/configuration/losses.ts';
import type { MetricName } from '../../training/configuration/metrics.ts';
import type { ModelEnd } from './activation-checks.ts';
import type { Aim } from '../../compiler/graph/aim.ts';
import { title } from '../../compiler/graph/graph.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';
import { layerBefore } from '../remedies/layer-before.ts';
import { CHOOSE, lossFix } from '../remedies/loss-fix.ts';
import { lossFits } from '../../compiler/goals/losses/fits.ts';
import { listed } from '../../compiler/graph/named-columns.ts';

export type InputAim = Extract<Aim, { kind: 'input' }>;

/** Losses and metrics that Keras computes along the last axis, so that they are useless or invalid for images. */
const ALONG_LAST_AXIS: ReadonlySet<string> = new Set(['cosineSimilarity', 'cosine_similarity', 'r2_score']);

/** Problem of a prediction whose shape is not that of the reproduced Input; null if it is. */
export function shapeProblem(
  graph: ModelGraph,
  { output, shape, masked }: ModelEnd,
  aim: InputAim,
): GraphProblem | null {
  const wanted = aim.input.shape;
  const end = shape.slice(1);
  const target = `the shape of ${title(aim.input.node)}`;
  if (end.join() === wanted.join()) {
    if (!masked || wanted.length === 1) return null;
    const message = `${title(output)} expected values without a mask, because all pixels count; received masked values. Remove Masking.`;
    return { code: 'target/mask', severity: 'error', nodeId: output.id, message, fixes: [] };
  }
  const expected = `${title(output)} expected ${showShape([null, ...wanted])}, ${target}, to reproduce it; received ${showShape(shape)}.`;
  const remedy = shapeRemedy(graph, output, end, wanted);
  const base = { code: 'target/shape', severity: 'error', nodeId: output.id } as const;
  return { ...base, message: `${expected} ${remedy.label}.`, fixes: [remedy] };
}

function shapeRemedy(
  graph: ModelGraph,
  output: ModelEnd['output'],
  end: readonly (number | null)[],
  wanted: readonly number[],
): Fix {
  const size = product(wanted);
  const insert = (
    label: string,
    kind: string,
    params: Extract<Fix, { action: 'insert-before' }>['params']['params'],
  ): Fix => ({
    label,
    action: 'insert-before',
    params: { nodeId: output.id, kind, params },
  });
  if (product(end) === size) {
    return wanted.length === 1
      ? insert('Insert Flatten', 'Flatten', {})
      : insert(`Insert Reshape to ${wanted.join(' × ')}`, 'Reshape', { targetShape: [...wanted] });
  }
  if (end.length > 1) return insert('Insert Flatten', 'Flatten', {});
  const dense = layerBefore(graph, output, 'units');
  if (dense === null) return insert(`Insert Dense with ${size} units`, 'Dense', { units: size });
  return {
    label: `Set units of ${title(dense)} to ${size}`,
    action: 'set-param',
    params: { nodeId: dense.id, name: 'units', value: size },
  };
}

/** Problem of a loss that cannot compare the values of the reproduced Input; null if it can. */
export function reproductionLossProblem({ output }: ModelEnd, loss: LossSettings, aim: InputAim): GraphProblem | null {
  const { numbers, end } = lossFits[loss.name];
  const problem = (message: string, fixes: Fix[] = [lossFix(output)]): GraphProblem => {
    return { code: 'target/loss', severity: 'error', nodeId: output.id, message, fixes };
  };
  const named = lossNames[loss.name];
  const values = `the values of ${title(aim.input.node)}`;
  if (numbers === true) return null;
  if (numbers === 'several') {
    return aim.input.shape.length === 1 && aim.input.shape[0]! > 1
      ? null
      : problem(`The loss ${named} needs rows of several numbers; ${values} are not. ${CHOOSE}`);
  }
  if (end !== 'sigmoid') {
    return problem(`The loss ${named} needs classes; ${values} are numbers. ${CHOOSE}`);
  }
  if (aim.beyondUnit.length === 0) return null;
  const columns = [...aim.beyondUnit];
  const fix: Fix = {
    label: columns.length === 1 ? `Scale '${columns[0]!}' to 0 … 1` : `Scale ${columns.length} columns to 0 … 1`,
    action: 'scale-columns',
    params: { columns, scaling: 'min-max' },
  };
  return problem(
    `The loss ${named} needs values from 0 to 1; received other values in ${listed(columns)}. Scale ${columns.length === 1 ? 'it' : 'them'} to 0 … 1, or choose the loss automatically.`,
    [fix, lossFix(output)],
  );
}

/** Why a metric cannot measure the reproduction of an Input; null if it can. */
export function reproductionMetricFault(metric: MetricName, { input }: InputAim): string | null {
  if (input.shape.length === 1 || !ALONG_LAST_AXIS.has(metric)) return null;
  return `${metric} expected rows of values; received examples of shape ${showShape(input.shape)} from ${title(input.node)}. Choose mse or mae.`;
}

function product(sizes: readonly (number | null)[]): number {
  return sizes.reduce<number>((size, extent) => size * (extent ?? Number.NaN), 1);
}
