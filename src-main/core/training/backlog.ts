import type { Checkpoint } from '../../runs/types.ts';
import type { FromTrainer } from '../../training-protocol/protocol.ts';
import type { ProgramExit } from '../../processes/program-process.ts';

/** Changes to record for a run: messages of its trainer, its process, and its exit. */
export type RunNews = FromTrainer | { kind: 'started'; pid: number } | { kind: 'exited'; exit: ProgramExit };

/** News that cannot be recorded yet, in order. Of checkpoints only the newest of each kind is kept. */
export class Backlog {
  #news: RunNews[] = [];
  #sizeBytes = 0;

  get first(): RunNews | undefined {
    return this.#news[0];
  }

  /** What it takes in memory, roughly. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** @returns Checkpoints that the news supersede: they will never be recorded. */
  add(news: RunNews): Checkpoint[] {
    const superseded: Checkpoint[] = [];
    let added = news;
    if (news.kind === 'checkpoints') {
      const earlier = this.#news.findIndex(({ kind }) => kind === 'checkpoints');
      const [found] = earlier < 0 ? [] : this.#news.splice(earlier, 1);
      if (found?.kind === 'checkpoints') {
        const renewed = (kind: string): boolean => news.checkpoints.some((each) => each.kind === kind);
        const kept = found.checkpoints.filter(({ kind }) => !renewed(kind));
        const checkpoints = [...kept, ...news.checkpoints];
        const used = new Set(checkpoints.map(({ sha256 }) => sha256));
        superseded.push(...found.checkpoints.filter(({ sha256 }) => !used.has(sha256)));
        added = { kind: 'checkpoints', checkpoints };
        this.#sizeBytes -= sizeOf(found);
      }
    }
    this.#news.push(added);
    this.#sizeBytes += sizeOf(added);
    return superseded;
  }

  removeFirst(): void {
    const news = this.#news.shift();
    if (news !== undefined) this.#sizeBytes -= sizeOf(news);
  }

  clear(): void {
    this.#news = [];
    this.#sizeBytes = 0;
  }
}

/** An object with a few fields. */
const OBJECT_BYTES = 500;

function sizeOf(news: RunNews): number {
  if (news.kind === 'update') return (1 + news.update.epochs.length) * OBJECT_BYTES + news.update.losses.byteLength;
  return news.kind === 'log' ? OBJECT_BYTES + 2 * news.message.length : OBJECT_BYTES;
}
