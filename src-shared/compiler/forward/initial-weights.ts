import { initialize } from '../../layers/weights/initializers.ts';
import { deriveKey } from '../../program/random/philox.ts';
import type { WeightSpec } from '../graph/compiled.ts';

/**
 * First values of all weights by state name, row-major. A weight's numbers depend on the
 * seed and its own name only, so adding a layer leaves the others as they were.
 */
export function initialWeights(
  model: { readonly weights: readonly WeightSpec[] },
  seed: number,
): Map<string, Float32Array> {
  return new Map(
    model.weights.map(({ name, shape, initializer, startAtOne: [start, end] = [0, 0] }) => [
      name,
      initialize(initializer, shape, deriveKey(seed, 'weight', name)).fill(1, start, end),
    ]),
  );
}
