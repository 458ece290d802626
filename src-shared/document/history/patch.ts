type Path = readonly (string | number)[];

/** One difference between two versions of a JSON value. */
export type Difference =
  | { readonly kind: 'replace'; readonly path: Path; readonly value: unknown }
  /** Replaces `removed` items of a list, from `index`, by `inserted`. */
  | {
      readonly kind: 'splice';
      readonly path: Path;
      readonly index: number;
      readonly removed: number;
      readonly inserted: readonly unknown[];
    };

/** Applied in order. */
export type Patch = readonly Difference[];

export interface PatchPair {
  readonly forward: Patch;
  /** The inverse of `forward`. */
  readonly backward: Patch;
}

/**
 * Patches between two versions of an immutable JSON value, in both directions; they keep the order
 * of fields. Parts shared by both versions are not compared, so the cost depends on the edit only.
 */
export function differenceOf(before: unknown, after: unknown): PatchPair {
  const forward: Difference[] = [];
  const backward: Difference[] = [];
  collect(before, after, [], forward, backward);
  return { forward, backward: backward.reverse() };
}

/** @returns The patched value; unchanged parts keep their identity. */
export function applyPatch<Value>(value: Value, patch: Patch): Value {
  return patch.reduce<unknown>((current, difference) => applyAt(current, difference, 0), value) as Value;
}

function collect(before: unknown, after: unknown, path: Path, forward: Difference[], backward: Difference[]): void {
  if (Object.is(before, after)) return;
  if (Array.isArray(before) && Array.isArray(after)) {
    if (before.length === after.length) {
      before.forEach((item, index) => collect(item, after[index], [...path, index], forward, backward));
      return;
    }
    const { start, removed, inserted } = changedItems(before, after);
    forward.push({ kind: 'splice', path, index: start, removed: removed.length, inserted });
    backward.push({ kind: 'splice', path, index: start, removed: inserted.length, inserted: removed });
    return;
  }
  if (isRecord(before) && isRecord(after)) {
    const fields = Object.keys(before);
    const same = Object.keys(after);
    if (fields.length === same.length && fields.every((field, index) => field === same[index])) {
      for (const field of fields) collect(before[field], after[field], [...path, field], forward, backward);
      return;
    }
  }
  forward.push({ kind: 'replace', path, value: after });
  backward.push({ kind: 'replace', path, value: before });
}

/** Items between the common prefix and the common suffix. */
function changedItems(before: readonly unknown[], after: readonly unknown[]) {
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && Object.is(before[start], after[start])) start += 1;
  let end = 0;
  while (end < shortest - start && Object.is(before.at(-1 - end), after.at(-1 - end))) end += 1;
  return {
    start,
    removed: before.slice(start, before.length - end),
    inserted: after.slice(start, after.length - end),
  };
}

function applyAt(value: unknown, difference: Difference, depth: number): unknown {
  const key = difference.path[depth];
  if (key === undefined) {
    if (difference.kind === 'replace') return difference.value;
    return (value as readonly unknown[]).toSpliced(difference.index, difference.removed, ...difference.inserted);
  }
  if (Array.isArray(value)) return value.with(Number(key), applyAt(value[Number(key)], difference, depth + 1));
  const record = value as Readonly<Record<string, unknown>>;
  return { ...record, [key]: applyAt(record[key], difference, depth + 1) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
