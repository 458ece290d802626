/** Facts about a column's values, for inferring its role. */
export interface ColumnFacts {
  readonly rows: number;
  readonly missing: number;
  /** Number of distinct values; a lower bound if counting stopped early. */
  readonly distinct: number;
  readonly numeric: boolean;
  /** Whether values are consecutive whole numbers, such as row numbers. */
  readonly consecutive: boolean;
}

const manyCategories = 1000;
const fewRows = 20;

/**
 * Why a column is useless as a feature: it has row numbers, mostly distinct texts, a constant or no
 * values. Null if it may be useful.
 */
export function reasonToIgnore(facts: ColumnFacts): string | null {
  const present = facts.rows - facts.missing;
  if (present === 0) return 'it has no values';
  if (facts.distinct === 1 && facts.missing === 0) return 'all values are the same';
  if (facts.rows < fewRows) return null;
  if (facts.consecutive) return 'it has consecutive numbers, like an identifier';
  if (facts.numeric) return null;
  if (facts.distinct > manyCategories || facts.distinct > present / 2) {
    return `${facts.distinct.toLocaleString('en')} different texts in ${present.toLocaleString('en')} rows look like identifiers or free text`;
  }
  return null;
}
