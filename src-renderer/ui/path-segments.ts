/** One folder on the way to a path. */
export interface PathSegment {
  readonly name: string;
  readonly path: string;
}

/** '/data/mnist' → '/', 'data', 'mnist', each with its whole path; Windows paths likewise. */
export function pathSegments(path: string): PathSegment[] {
  if (path === '') return [];
  const separator = /^[a-zA-Z]:|^\\\\/.test(path) ? '\\' : '/';
  const root = separator === '/' ? '/' : (/^(\\\\[^\\]+\\[^\\]+|[a-zA-Z]:)\\?/.exec(path)?.[0] ?? '');
  const segments: PathSegment[] = root === '' ? [] : [{ name: root.replace(/\\$/, ''), path: root }];
  let whole = root;
  for (const name of path.slice(root.length).split(separator)) {
    if (name === '') continue;
    whole = whole === '' || whole.endsWith(separator) ? whole + name : whole + separator + name;
    segments.push({ name, path: whole });
  }
  return segments;
}

/** '/data' and 'mnist' → '/data/mnist'. */
export function joinPath(folder: string, name: string): string {
  const separator = /^[a-zA-Z]:\\|^\\\\/.test(folder) ? '\\' : '/';
  if (folder === '') return name;
  return folder.endsWith(separator) ? folder + name : folder + separator + name;
}

/** A path as people type it, seen from the folder on screen: absolute, from '~', or further inside. */
export function typedPath(folder: string, typed: string): string {
  const path = typed.trim();
  if (path === '') return folder;
  return /^([/\\~]|[a-zA-Z]:)/.test(path) ? path : joinPath(folder, path);
}

/** Index of the next entry whose name begins with the letter, after `from`, wrapping around; -1 if there is none. */
export function nextByLetter(names: readonly string[], letter: string, from: number): number {
  for (let offset = 1; offset <= names.length; offset++) {
    const index = (from + offset) % names.length;
    if (names[index]!.toLowerCase().startsWith(letter.toLowerCase())) return index;
  }
  return -1;
}
