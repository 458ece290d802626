import { reasonToIgnore } from '../../tables/column-facts.ts';
import type { ScannedColumn } from './scan-csv.ts';

/** Usual names of target columns, the most likely first. */
const targetNames = [
  ['target', 'label', 'labels', 'class', 'outcome', 'median_house_value', 'medv', 'saleprice', 'price'],
  ['survived', 'species', 'diagnosis', 'quality', 'churn', 'charges', 'mpg', 'income', 'rating', 'score'],
  // Last: it is a coordinate beside any of the others.
  ['y'],
].flat();
const targetSuffix = /[_\s.-](target|label|class|outcome)$/i;

/** The column with a usual name of a target, else the last one that may be useful. */
export function guessTarget(columns: readonly ScannedColumn[]): ScannedColumn | undefined {
  const useful = columns.filter((column) => reasonToIgnore(column) === null);
  for (const name of targetNames) {
    const named = useful.find((column) => column.name.toLowerCase() === name);
    if (named !== undefined) return named;
  }
  return useful.find((column) => targetSuffix.test(column.name)) ?? useful.at(-1);
}

/** Whole numbers of a target are classes only up to this many different ones. */
const mostNumericClasses = 10;
const classNames =
  /(^|[_\s.-])(class(es)?|labels?|target|category|categories|species|type|kind|group|cluster|digit|outcome|diagnosis|survived|churn|status|code|id|variety|cultivar|grade)$/i;

/**
 * Whether whole numbers of a target are codes of classes: two of them, those of a column named like classes, or the first
 * few counted from 0 or 1 in a column that its file gives no name.
 */
export function areClasses({ name, whole, distinct, texts }: ScannedColumn): boolean {
  if (!whole || distinct > mostNumericClasses) return false;
  if (distinct <= 2 || classNames.test(name)) return true;
  const isNameless = /^(column\d+|y)$/i.test(name);
  const values = texts.map(Number).sort((a, b) => a - b);
  return isNameless && [0, 1].includes(values[0]!) && values.every((value, at) => value === values[0]! + at);
}
