import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { monteCarloParameter } from '../../layers/kinds/regularization/noise.ts';
import { nestedLayer } from '../../layers/parameters/nested-layer.ts';
import type { ParameterSpec } from '../../layers/parameters/parameter-spec.ts';
import type { ParameterValues } from '../../layers/parameters/resolve-parameters.ts';
import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { Program, ValueId } from '../../program/language/types.ts';
import type { ModelGraph } from '../graph/graph.ts';

/** Input of `evaluate`, `predict` and exported models: int32 number of the random draw of Monte Carlo layers. */
export const DRAW = 'draw';

/** Whether a program has the input `draw`. */
export function drawsNoise(program: Program): boolean {
  return program.inputs.some(({ name }) => name === DRAW);
}

/** Whether a layer, or a layer that it wraps, is a Monte Carlo layer. */
function makesDraws(parameters: readonly ParameterSpec[], params: ParameterValues): boolean {
  if (params[monteCarloParameter.name] === true && parameters.includes(monteCarloParameter)) return true;
  return parameters.some(({ name, type }) => {
    const inner = type.kind === 'layer' ? nestedLayer(type, params[name]) : null;
    return inner !== null && makesDraws(inner.definition.parameters, inner.params);
  });
}

/**
 * Adds the input `draw`; null if the model has no Monte Carlo layer.
 * @param taken Names of other inputs.
 */
export function drawInput(graph: ModelGraph, builder: ProgramBuilder, taken: readonly string[] = []): ValueId | null {
  const draws = graph.order.some(({ id, kind, params }) => {
    const definition = layerCatalog.get(kind);
    return graph.used.has(id) && definition !== undefined && makesDraws(definition.parameters, params);
  });
  if (!draws) return null;
  let name = DRAW;
  for (let number = 1; taken.includes(name); number++) name = `${DRAW}_${number}`;
  return builder.input(name, 'int32', []);
}
