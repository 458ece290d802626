import { layerCatalog } from '../layers/catalog.ts';
import { monteCarloParameter } from '../layers/noise.ts';
import type { ProgramBuilder } from '../program/builder.ts';
import type { Program, ValueId } from '../program/types.ts';
import type { ModelGraph } from './graph.ts';

/** Input of `evaluate`, `predict` and exported models: which draw of their noise Monte Carlo layers make, int32. */
export const DRAW = 'draw';

/** True where a program takes the number of a draw. */
export function drawsNoise(program: Program): boolean {
  return program.inputs.some(({ name }) => name === DRAW);
}

/**
 * The input for the number of a draw; null where no layer of the model is a Monte Carlo one.
 * @param taken Names of other inputs.
 */
export function drawInput(graph: ModelGraph, builder: ProgramBuilder, taken: readonly string[] = []): ValueId | null {
  const draws = graph.order.some(({ id, kind, params }) => {
    if (!graph.used.has(id) || params[monteCarloParameter.name] !== true) return false;
    return layerCatalog.get(kind)?.parameters.includes(monteCarloParameter) === true;
  });
  if (!draws) return null;
  let name = DRAW;
  for (let number = 1; taken.includes(name); number++) name = `${DRAW}_${number}`;
  return builder.input(name, 'int32', []);
}
