import type { Checkpoint } from '../../runs/types.ts';
import type { FromTrainer } from '../../training-protocol/protocol.ts';
import type { ProgramExit } from '../../processes/program-process.ts';

/** Changes to record for a run: messages of its trainer, its process, and its exit. */
export type RunChange = FromTrainer | { kind: 'started'; pid: number } | { kind: 'exited'; exit: ProgramExit };

/** Changes that cannot be recorded yet, in order. Of checkpoints only the newest of each kind is kept. */
export class Backlog {
  #changes: RunChange[] = [];
  #sizeBytes = 0;

  get first(): RunChange | undefined {
    return this.#changes[0];
  }

  /** Approximate size in memory. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** @returns Checkpoints that the change replaces; they will never be recorded. */
  add(change: RunChange): Checkpoint[] {
    const superseded: Checkpoint[] = [];
    let added = change;
    if (change.kind === 'checkpoints') {
      const earlier = this.#changes.findIndex(({ kind }) => kind === 'checkpoints');
      const [found] = earlier < 0 ? [] : this.#changes.splice(earlier, 1);
      if (found?.kind === 'checkpoints') {
        const renewed = (kind: string): boolean => change.checkpoints.some((each) => each.kind === kind);
        const kept = found.checkpoints.filter(({ kind }) => !renewed(kind));
        const checkpoints = [...kept, ...change.checkpoints];
        const used = new Set(checkpoints.map(({ sha256 }) => sha256));
        superseded.push(...found.checkpoints.filter(({ sha256 }) => !used.has(sha256)));
        added = { kind: 'checkpoints', checkpoints };
        this.#sizeBytes -= sizeOf(found);
      }
    }
    this.#changes.push(added);
    this.#sizeBytes += sizeOf(added);
    return superseded;
  }

  removeFirst(): void {
    const change = this.#changes.shift();
    if (change !== undefined) this.#sizeBytes -= sizeOf(change);
  }

  clear(): void {
    this.#changes = [];
    this.#sizeBytes = 0;
  }
}

/** An object with a few fields. */
const OBJECT_BYTES = 500;

function sizeOf(change: RunChange): number {
  if (change.kind === 'update')
    return (1 + change.update.epochs.length) * OBJECT_BYTES + change.update.losses.byteLength;
  return change.kind === 'log' ? OBJECT_BYTES + 2 * change.message.length : OBJECT_BYTES;
}
