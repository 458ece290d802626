/** What guessing a column's use needs to know of its values. */
export interface ColumnFacts {
  readonly rows: number;
  readonly missing: number;
  /** Different values; a count that stopped early is a lower bound. */
  readonly distinct: number;
  readonly numeric: boolean;
  /** Whole numbers, each one more than the last: a row number. */
  readonly consecutive: boolean;
}

const manyCategories = 1000;
const fewRows = 20;

/**
 * Why a column is of no use as a feature; null where it may be one.
 * Row numbers, texts that hardly repeat, constants and empty columns teach a network nothing.
 */
export function reasonToIgnore(facts: ColumnFacts): string | null {
  const present = facts.rows - facts.missing;
  if (present === 0) return 'it has no values';
  if (facts.distinct === 1 && facts.missing === 0) return 'all values are the same';
  if (facts.rows < fewRows) return null;
  if (facts.consecutive) return 'it counts the rows, like an identifier';
  if (facts.numeric) return null;
  if (facts.distinct > manyCategories || facts.distinct > present / 2) {
    return `${facts.distinct.toLocaleString('en')} different texts in ${present.toLocaleString('en')} rows look like identifiers or free text`;
  }
  return null;
}
