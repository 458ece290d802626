import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { PictureSettings } from '../../../src-shared/data/dataset-document.ts';
import { programPath } from '../../programs.ts';

export type PictureJob = { readonly path: string } & (
  | { readonly kind: 'pixels'; readonly settings: PictureSettings }
  | { readonly kind: 'thumbnail'; readonly size: number }
  /** Size and whether all pixels are grey. */
  | { readonly kind: 'facts' }
);

export interface PictureAnswer {
  /** Size of the picture itself, after EXIF rotation; 0: unreadable. */
  readonly width: number;
  readonly height: number;
  /** Of 'facts' only. */
  readonly grey: boolean;
  /** Resized pixels, or the thumbnail as WebP. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  /** `isPicture` as in `UnreadablePicture`. */
  readonly unreadable: { readonly reason: string; readonly isPicture: boolean } | null;
}

export interface PictureJobOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/**
 * Reads pictures in threads, one for each core, so that decoding and resizing do not block this thread. At most one
 * picture for each core is in memory at full size.
 *
 * @param take Called once for each job, in any order. It may keep the bytes.
 * @throws The signal's reason if aborted; the threads have ended then.
 */
export async function runPictureJobs(
  jobs: readonly PictureJob[],
  take: (index: number, answer: PictureAnswer) => void,
  { signal, onProgress }: PictureJobOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  let next = 0;
  let done = 0;
  const run = (worker: Worker): Promise<void> =>
    new Promise((resolve, reject) => {
      let index = -1;
      const proceed = (): void => {
        index = next++;
        if (index < jobs.length) worker.postMessage(jobs[index]);
        else resolve();
      };
      worker.on('message', (answer: PictureAnswer) => {
        take(index, answer);
        onProgress?.(++done / jobs.length);
        proceed();
      });
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('A thread that reads pictures ended unexpectedly.')));
      proceed();
    });
  const workers = Array.from({ length: Math.min(jobs.length, availableParallelism()) }, () => {
    return new Worker(programPath('pictures'));
  });
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal?.reason);
  signal?.addEventListener('abort', abort);
  try {
    await Promise.race([Promise.all(workers.map(run)), aborted.promise]);
  } finally {
    signal?.removeEventListener('abort', abort);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
