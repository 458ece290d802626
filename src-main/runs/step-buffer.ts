/** Losses of consecutive steps that wait to be committed. */
export interface StepChunk {
  readonly firstStep: number;
  readonly losses: Float32Array;
}

interface Waiting {
  firstStep: number;
  parts: Float32Array[];
  count: number;
  seq: number;
}

/** Collects step losses of runs between commits. */
export class StepBuffer {
  readonly #waiting = new Map<string, Waiting>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /**
   * @param firstStep The first loss's step; steps count from 1 and follow one another.
   * @param seq The event that told them.
   */
  add(runId: string, firstStep: number, losses: Float32Array, seq: number): void {
    const waiting = this.#waiting.get(runId) ?? { firstStep, parts: [], count: 0, seq };
    const expected = waiting.firstStep + waiting.count;
    if (firstStep !== expected) throw new Error(`Run ${runId}: expected step ${expected}; received ${firstStep}.`);
    waiting.parts.push(losses);
    waiting.count += losses.length;
    waiting.seq = Math.max(waiting.seq, seq);
    this.#waiting.set(runId, waiting);
  }

  seqOf(runId: string): number {
    return this.#waiting.get(runId)?.seq ?? 0;
  }

  /** What waits, one chunk a run; it stays until `clear`. */
  *chunks(): Generator<StepChunk & { runId: string; seq: number }> {
    for (const [runId, { firstStep, parts, count, seq }] of this.#waiting) {
      const losses = new Float32Array(count);
      let offset = 0;
      for (const part of parts) {
        losses.set(part, offset);
        offset += part.length;
      }
      yield { runId, firstStep, losses, seq };
    }
  }

  remove(runId: string): void {
    this.#waiting.delete(runId);
  }

  clear(): void {
    this.#waiting.clear();
  }
}
