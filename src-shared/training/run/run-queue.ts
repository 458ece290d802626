import { z } from 'zod';

/** Most runs that a person can let train at once. */
export const MOST_RUNS_AT_ONCE = 16;
export const runsAtOnceSchema = z.number().int().min(1).max(MOST_RUNS_AT_ONCE);

/** A run of any project of this user that trains on this machine or waits for its turn. */
export const queuedRunSchema = z.object({
  /** Identifies the entry on this machine. */
  key: z.string(),
  /** Path of the project. */
  folder: z.string(),
  project: z.string(),
  runId: z.string(),
  number: z.number().int(),
  name: z.string(),
  /** A paused run does not count against the limit. */
  state: z.enum(['waiting', 'training', 'paused']),
});
export type QueuedRun = z.infer<typeof queuedRunSchema>;

/** Runs in the order in which they start. */
export const waitingRuns = (queue: readonly QueuedRun[]): QueuedRun[] =>
  queue.filter(({ state }) => state === 'waiting');

/** The queue with a run moved before another one, or to the end. Unknown keys change nothing. */
export function moved<Entry extends QueuedRun>(
  queue: readonly Entry[],
  key: string,
  before: string | null,
): readonly Entry[] {
  const entry = queue.find((each) => each.key === key);
  const others = queue.filter((each) => each.key !== key);
  const index = before === null ? others.length : others.findIndex((each) => each.key === before);
  return entry === undefined || index < 0 ? queue : others.toSpliced(index, 0, entry);
}
