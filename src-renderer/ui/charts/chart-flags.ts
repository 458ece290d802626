/** Marks an event on the x axis, such as a change of the learning rate. */
export interface ChartFlag {
  readonly x: number;
  readonly label: string;
  /** Ice: layers were frozen. */
  readonly tone: 'neutral' | 'ice';
}

/** Flags that are drawn as one, because they would overlap. */
export interface FlagGroup {
  /** In pixels. */
  readonly at: number;
  /** Ascending in x. */
  readonly flags: readonly ChartFlag[];
}

/** @param gap Least distance of two groups, in pixels. */
export function flagGroups(flags: readonly ChartFlag[], pixelOf: (x: number) => number, gap: number): FlagGroup[] {
  const groups: { at: number; flags: ChartFlag[] }[] = [];
  for (const flag of flags.toSorted((a, b) => a.x - b.x)) {
    const at = pixelOf(flag.x);
    const last = groups.at(-1);
    if (last !== undefined && at - last.at < gap) last.flags.push(flag);
    else groups.push({ at, flags: [flag] });
  }
  return groups;
}

/** Flags within a distance of x, ascending in x. */
export function flagsNear(flags: readonly ChartFlag[], x: number, distance: number): ChartFlag[] {
  return flags.filter((flag) => Math.abs(flag.x - x) <= distance).sort((a, b) => a.x - b.x);
}

/** Where a crosshair that moves from one x to another stops: at the first flag between them, else at its end. */
export function nextStop(flags: readonly ChartFlag[], from: number, to: number): number {
  const between = flags.map(({ x }) => x).filter((x) => (to > from ? x > from && x < to : x < from && x > to));
  if (between.length === 0) return to;
  return to > from ? Math.min(...between) : Math.max(...between);
}
