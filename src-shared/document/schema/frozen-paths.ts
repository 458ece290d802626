import type { InsidePath } from './model-document.ts';

/** What of a Block node's frozen paths is left to match inside; an empty path means all of it. */
export type Remaining = readonly (string | readonly [number, number])[];

/** The paths that go on inside this copy. */
export function insideCopy(paths: readonly Remaining[], copy: number): Remaining[] {
  return paths.flatMap((path) => {
    const [first] = path;
    if (first === undefined || typeof first === 'string') return [path];
    return copy >= first[0] && copy <= first[1] ? [path.slice(1)] : [];
  });
}

/** The paths that go on inside this node. */
export function insideNode(paths: readonly Remaining[], id: string): Remaining[] {
  return paths.filter(([first]) => first === id).map((path) => path.slice(1));
}

export const isAll = (paths: readonly Remaining[]): boolean => paths.some((path) => path.length === 0);

/** How many first copies `[[1, n]]` freezes; 0 where no path is of that form. */
export function firstCopies(paths: readonly InsidePath[] | undefined): number {
  return Math.max(
    0,
    ...(paths ?? []).map((path) => {
      const [only] = path;
      return path.length === 1 && Array.isArray(only) && only[0] === 1 ? only[1] : 0;
    }),
  );
}
