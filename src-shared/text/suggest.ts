/** Names for a mistyped one: 'Did you mean …?' wherever a person names a thing that is not there. */

/** The names that come nearest to a mistyped one, nearest first, three at most; none where none is near. */
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

/** The nearest name; null where none is near. */
export function suggest(typed: string, names: readonly string[]): string | null {
  return nearestNames(typed, names)[0] ?? null;
}

/** ' Did you mean relu?', to put behind a sentence; empty where no name is near. */
export function didYouMean(typed: unknown, names: readonly string[]): string {
  const near = typeof typed === 'string' ? nearestNames(typed, names) : [];
  return near.length === 0 ? '' : ` Did you mean ${listedOr(near)}?`;
}

/** More names than these are not listed in a message. */
const MOST_NAMES = 6;

/** What was expected of a name: all that there are where they are few, else the nearest to what was received. */
export function expectedName(received: unknown, names: readonly string[]): string {
  const hint = didYouMean(received, names).trim();
  if (names.length <= MOST_NAMES) return `one of ${names.join(', ')}`;
  return hint === '' ? `one of ${oneOf(names)}` : `one of ${names.length} names (${hint.replace('Did', 'did')})`;
}

/** 'a, b or c'; of many the first, and how many there are. */
function oneOf(names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return listedOr(names);
  return `${names.slice(0, MOST_NAMES - 1).join(', ')}, … (${names.length} in all)`;
}

function listedOr(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/**
 * 0 where the two differ in capitals and dashes alone ('mean_squared_error'), where one stands for the other by its
 * first letters ('mse', 'MeanSquaredError'), or the name begins as typed; else letters to change.
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
/** Letters inserted, left out, changed or swapped with their neighbour (optimal string alignment). */
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
