import { z } from 'zod';
import { queuedRunSchema } from '../../../src-shared/training/run/run-queue.ts';

/** Interval at which a core confirms its entries where others cannot look up its process, or wait for it. */
export const BEAT_MS = 10_000;
/** Time without confirmation after which a waiting run no longer holds up the runs behind it. */
const SKIP_MS = 25_000;
/** Time without confirmation after which a run counts as ended if its process cannot be looked up. */
const SILENCE_MS = 60_000;

/** A run in the queue, with the process that owns it. */
export const entrySchema = queuedRunSchema.extend({
  /** The core that trains the run. */
  core: z.string(),
  owner: z.object({ host: z.string(), pid: z.number().int().positive(), start: z.string().nullable() }),
  /** When that core last confirmed the entry. */
  seenAt: z.number(),
  /** Another program asks to remove it while it waits. */
  removed: z.boolean(),
});
export type Entry = z.infer<typeof entrySchema>;
/** The file of the queue. */
export const fileSchema = z.object({ runs: z.array(entrySchema) });

interface Situation {
  readonly own: readonly Entry[];
  /** This core. */
  readonly core: string;
  readonly limit: number;
  readonly now: number;
  /** Null: it cannot be determined. */
  readonly isAlive: (owner: Entry['owner']) => boolean | null;
}

interface Advanced {
  readonly entries: readonly Entry[];
  /** Keys of this core's runs whose turn it is. */
  readonly started: readonly string[];
  /** Keys of this core's runs that a person removed. */
  readonly removed: readonly string[];
}

/** Renews this core's entries, removes those of ended processes, and finds the runs that start now. */
export function advance(found: readonly Entry[], { own, core, limit, now, isAlive }: Situation): Advanced {
  const isPresent = (entry: Entry): boolean => isAlive(entry.owner) ?? age(entry, now) < SILENCE_MS;
  const known = new Map(own.map((entry) => [entry.key, confirmed(entry, now)]));
  const present = found.flatMap((entry) => {
    if (entry.core !== core) return isPresent(entry) ? [entry] : [];
    const mine = known.get(entry.key);
    known.delete(entry.key);
    return mine === undefined ? [] : [{ ...mine, removed: entry.removed }];
  });
  const all = [...present, ...known.values()];
  const leaves = (entry: Entry): boolean => entry.core === core && entry.state === 'waiting' && entry.removed;
  const staying = all.filter((entry) => !leaves(entry));
  let free = limit - staying.filter(({ state }) => state === 'training').length;
  const started: string[] = [];
  const entries = staying.map((entry) => {
    if (free <= 0 || entry.state !== 'waiting' || entry.removed || age(entry, now) > SKIP_MS) return entry;
    free -= 1;
    // A run of another core, which starts it at its next check.
    if (entry.core !== core) return entry;
    started.push(entry.key);
    return { ...entry, state: 'training' as const };
  });
  return { entries, started, removed: all.filter(leaves).map(({ key }) => key) };
}

/** Clocks may be set back. */
const age = ({ seenAt }: Entry, now: number): number => Math.abs(now - seenAt);

function confirmed(entry: Entry, now: number): Entry {
  const needed = entry.state === 'waiting' || entry.owner.start === null;
  return needed && age(entry, now) > BEAT_MS ? { ...entry, seenAt: now } : entry;
}

export const isSame = (left: readonly Entry[], right: readonly Entry[]): boolean =>
  JSON.stringify(left) === JSON.stringify(right);
