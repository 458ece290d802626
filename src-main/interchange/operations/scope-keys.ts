/** Operations of a scope that are divided by the next part of their names. */
const LARGEST = 24;

/**
 * The scope that an operation is in: 'model/block_3' of 'model/block_3/expand/Conv2D'. Scopes with most of the
 * operations, or with many, are divided further.
 *
 * @param names Of all operations, with repetitions where a name stands for several.
 * @returns By name.
 */
export function scopeKeys(names: readonly string[]): ReadonlyMap<string, string> {
  const distinct = [...new Set(names)].map((name) => name.split('/'));
  const keys = new Map<string, string>();
  divide(distinct, 0, true, keys);
  return keys;
}

/** @param isRoot Whether these are the names of most operations, so that they are divided once more. */
function divide(
  names: readonly (readonly string[])[],
  depth: number,
  isRoot: boolean,
  keys: Map<string, string>,
): void {
  for (const group of Map.groupBy(names, (parts) => parts[depth]!).values()) {
    const deeper = group.filter((parts) => parts.length > depth + 1);
    const hasScopes = deeper.some((parts) => parts.length > depth + 2);
    const isMost = isRoot && group.length * 2 > names.length;
    const isDivided = hasScopes && (isMost || group.length > LARGEST);
    if (isDivided) divide(deeper, depth + 1, isMost, keys);
    for (const parts of group) {
      const key = parts.slice(0, depth + 1).join('/');
      if (!isDivided || parts.length === depth + 1) keys.set(parts.join('/'), key);
    }
  }
}
