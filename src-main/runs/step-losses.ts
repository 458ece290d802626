import type { StepRow } from './queries.ts';

/** Decodes little-endian float32 values; an incomplete one at the end is dropped. Copies, because SQLite's bytes are not aligned. */
export function lossesFrom(blob: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(blob.subarray(0, blob.byteLength & ~3)).buffer);
}

/** Joins rows to arrays of steps and losses. Omits losses that are not finite: a curve cannot show them. */
export function joinSteps(rows: readonly StepRow[]): { steps: Int32Array; losses: Float32Array } {
  const total = rows.reduce((sum, row) => sum + Math.floor(row.losses.byteLength / 4), 0);
  const steps = new Int32Array(total);
  const losses = new Float32Array(total);
  let count = 0;
  for (const row of rows) {
    lossesFrom(row.losses).forEach((loss, i) => {
      if (!Number.isFinite(loss)) return;
      steps[count] = row.first_step + i;
      losses[count] = loss;
      count++;
    });
  }
  return { steps: steps.subarray(0, count), losses: losses.subarray(0, count) };
}
