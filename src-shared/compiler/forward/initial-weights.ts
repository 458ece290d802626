import { initialize } from '../../layers/weights/initializer.ts';
import { deriveKey } from '../../program/random/philox.ts';
import type { WeightSpec } from '../graph/compiled.ts';

/**
 * Initial values of all weights by state name, row-major. They depend on the seed and the
 * weight's name only, so a new layer does not change the weights of others.
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
