import { parentPort } from 'node:worker_threads';
import { decodePicture, thumbnailOf } from './decode.ts';
import type { PictureAnswer, PictureJob } from './jobs.ts';
import { UnreadablePicture, type Pixels } from './pixels.ts';
import { resizePicture } from './resize.ts';

/** A thread that reads one picture at a time. */
parentPort?.on('message', (job: PictureJob) => {
  void answer(job).then((result) =>
    parentPort!.postMessage(result, result.bytes === null ? [] : [result.bytes.buffer]),
  );
});

async function answer(job: PictureJob): Promise<PictureAnswer> {
  try {
    if (job.kind === 'thumbnail') {
      const { width, height, webp } = await thumbnailOf(job.path, job.size);
      return { width, height, grey: false, bytes: Uint8Array.from(webp), unreadable: null };
    }
    const pixels = await decodePicture(job.path);
    const { width, height } = pixels;
    if (job.kind === 'facts') return { width, height, grey: isGrey(pixels), bytes: null, unreadable: null };
    return {
      width,
      height,
      grey: false,
      bytes: Uint8Array.from(resizePicture(pixels, job.settings)),
      unreadable: null,
    };
  } catch (error) {
    const known = error instanceof UnreadablePicture;
    const unreadable = {
      reason: known ? error.message : `could not be read: ${String(error)}`,
      isPicture: !known || error.isPicture,
    };
    return { width: 0, height: 0, grey: false, bytes: null, unreadable };
  }
}

function isGrey({ data }: Pixels): boolean {
  for (let i = 0; i < data.length; i += 3) {
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  }
  return true;
}
