import type { PhiloxKey } from '../../program/random/philox.ts';
import { normalValues } from './initial-distributions.ts';

/**
 * A random matrix with orthonormal rows or columns, whichever are fewer, times `gain`.
 * Leading axes count as rows. As Keras, the Q of the QR decomposition of a normal matrix
 * whose R has a positive diagonal; here by Gram and Schmidt, done twice for float64 accuracy.
 * Source: A. Saxe et al., arXiv:1312.6120 (2013).
 */
export function orthogonal(key: PhiloxKey, shape: readonly number[], gain: number): Float32Array {
  const columns = shape.at(-1)!;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const length = Math.max(rows, columns);
  const count = Math.min(rows, columns);
  const normals = normalValues(key, length * count, 0, 1);
  const vectors = Array.from({ length: count }, (_, i) =>
    Float64Array.from(normals.subarray(i * length, (i + 1) * length)),
  );
  vectors.forEach((vector, i) => {
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) addScaled(vector, vectors[j]!, -product(vector, vectors[j]!));
    }
    const norm = Math.sqrt(product(vector, vector));
    for (let k = 0; k < length; k++) vector[k]! /= norm;
  });
  return new Float32Array(rows * columns).map((_, i) => {
    const row = Math.floor(i / columns);
    const column = i % columns;
    return gain * (rows >= columns ? vectors[column]![row]! : vectors[row]![column]!);
  });
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(target: Float64Array, other: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * other[i]!;
}
