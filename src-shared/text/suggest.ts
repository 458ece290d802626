/** Up to three known names with the smallest distance to a mistyped one; empty if none is similar. */
export function nearestNames(typed: string, names: readonly string[]): string[] {
  const wanted = plain(typed);
  if (wanted === '') return [];
  const near = names
    .map((name) => ({ name, distance: distanceTo(wanted, name) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(wanted.length / 3)))
    .toSorted((a, b) => a.distance - b.distance);
  const nearest = near[0]?.distance ?? 0;
  return near
    .filter(({ distance }) => distance === nearest)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** The most similar name; null if none is similar. */
export function suggest(typed: string, names: readonly string[]): string | null {
  return nearestNames(typed, names)[0] ?? null;
}

/** ' Did you mean relu?', to append to a sentence; '' if no name is similar. */
export function didYouMean(typed: unknown, names: readonly string[]): string {
  const near = typeof typed === 'string' ? nearestNames(typed, names) : [];
  return near.length === 0 ? '' : ` Did you mean ${listedOr(near)}?`;
}

/** Limit of names listed in a message. */
const MOST_NAMES = 6;

/** The expected names for a message: all if they are few, else those most similar to what was received. */
export function expectedName(received: unknown, names: readonly string[]): string {
  const hint = didYouMean(received, names).trim();
  if (names.length <= MOST_NAMES) return `one of ${names.join(', ')}`;
  return hint === '' ? `one of ${oneOf(names)}` : `one of ${names.length} names (${hint.replace('Did', 'did')})`;
}

/** 'a, b or c'; for many names the first ones and the count. */
function oneOf(names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return listedOr(names);
  return `${names.slice(0, MOST_NAMES - 1).join(', ')}, … (${names.length} in all)`;
}

function listedOr(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/**
 * 0 if the two differ only in case, dashes and underscores ('mean_squared_error'), or one has the
 * initials of the other ('mse', 'MeanSquaredError'); 0.5 for a prefix; else the edit distance.
 */
function distanceTo(wanted: string, name: string): number {
  const known = plain(name);
  if (known === wanted || initials(name) === wanted) return 0;
  if (known.startsWith(wanted) && wanted.length > 1) return 0.5;
  return editDistance(wanted, known);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, '');
}

/** 'meanSquaredError' and 'mean_squared_error' → 'mse'. */
function initials(name: string): string {
  return [...name.matchAll(/(?:^|_)[A-Za-z]|[A-Z]/g)].map(([letter]) => letter.replace('_', '').toLowerCase()).join('');
}
/** Edit distance with swaps of neighbouring characters (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (rows[i - 1]?.[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (rows[i - 1]?.[j - 1] ?? 0) + change,
        swapped ? (rows[i - 2]?.[j - 2] ?? 0) + 1 : Infinity,
      );
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
