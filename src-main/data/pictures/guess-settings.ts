import type { PictureSettings } from '../../../src-shared/data/dataset-document.ts';
import { runPictureJobs, type PictureJobOptions } from './jobs.ts';

/** Pictures whose size is looked at. */
const SAMPLED = 100;
/** Pictures that all have one size up to this keep it. */
const LARGEST_KEPT = 256;
/** Otherwise: details stay visible, and a small network trains in minutes on a processor. */
const USUAL_SIZE = 128;

/** For pictures of which nothing is known. */
export const usualSettings: PictureSettings = { height: USUAL_SIZE, width: USUAL_SIZE, fit: 'crop', colour: 'rgb' };

export interface GuessedSettings {
  /** Null: no picture can be read. */
  readonly settings: PictureSettings | null;
  /** The first file that cannot be read. */
  readonly unreadable: { readonly path: string; readonly reason: string } | null;
}

/** Size and colour for images, from a sample of picture files. */
export async function guessSettings(
  paths: readonly string[],
  options: PictureJobOptions = {},
): Promise<GuessedSettings> {
  const step = Math.max(1, Math.floor(paths.length / SAMPLED));
  const sample = paths.filter((_, index) => index % step === 0).slice(0, SAMPLED);
  const sizes = new Set<string>();
  const reasons: string[] = [];
  let grey = true;
  await runPictureJobs(
    sample.map((path) => ({ kind: 'facts', path })),
    (index, answer) => {
      if (answer.unreadable !== null) {
        reasons[index] = answer.unreadable.reason;
        return;
      }
      sizes.add(`${answer.height} ${answer.width}`);
      grey &&= answer.grey;
    },
    options,
  );
  const first = reasons.findIndex((reason) => reason !== undefined);
  const unreadable = first < 0 ? null : { path: sample[first]!, reason: reasons[first]! };
  if (sizes.size === 0) return { settings: null, unreadable };
  const [height = USUAL_SIZE, width = USUAL_SIZE] = [...sizes][0]!.split(' ').map(Number);
  const kept = sizes.size === 1 && Math.max(height, width) <= LARGEST_KEPT;
  const size = kept ? { height, width } : { height: USUAL_SIZE, width: USUAL_SIZE };
  return { settings: { ...size, fit: 'crop', colour: grey ? 'grey' : 'rgb' }, unreadable };
}
