/** How many series colours the tokens have: --series-1 to --series-8. */
export const SERIES_COLOURS = 8;

/** 1-based colour of a run: its number decides, so that it keeps it in every chart and table. */
export function runColourIndex(runNumber: number): number {
  return ((((runNumber - 1) % SERIES_COLOURS) + SERIES_COLOURS) % SERIES_COLOURS) + 1;
}

/** The token of a run's colour, for CSS. */
export function runColour(runNumber: number): string {
  return `var(--series-${runColourIndex(runNumber)})`;
}
