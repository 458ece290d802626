import type { InsidePath } from './model-document.ts';

/** The rest of a frozen path inside a Block node; an empty path freezes everything. */
export type Remaining = readonly (string | readonly [number, number])[];

/** The rest of the paths that apply to this copy. */
export function insideCopy(paths: readonly Remaining[], copy: number): Remaining[] {
  return paths.flatMap((path) => {
    const [first] = path;
    if (first === undefined || typeof first === 'string') return [path];
    return copy >= first[0] && copy <= first[1] ? [path.slice(1)] : [];
  });
}

/** The rest of the paths that apply to this node. */
export function insideNode(paths: readonly Remaining[], id: string): Remaining[] {
  return paths.filter(([first]) => first === id).map((path) => path.slice(1));
}

export const isAll = (paths: readonly Remaining[]): boolean => paths.some((path) => path.length === 0);

/** n of a path `[[1, n]]`: the number of frozen first copies; 0 if there is no such path. */
export function firstCopies(paths: readonly InsidePath[] | undefined): number {
  return Math.max(
    0,
    ...(paths ?? []).map((path) => {
      const [only] = path;
      return path.length === 1 && Array.isArray(only) && only[0] === 1 ? only[1] : 0;
    }),
  );
}
