import { AppError } from '../../../src-shared/errors/app-error.ts';
import { GrowingArray } from '../tables/growing-array.ts';
import { usualCells, withoutAffix } from '../tables/cell-format.ts';
import { parseShortNumber } from '../tables/values.ts';
import type { ColumnBuilder, TextColumn } from './column-codec.ts';

export function numericBuilder({ path, name, unit, badNumber, cells = usualCells }: TextColumn): ColumnBuilder {
  const values = new GrowingArray(Float64Array);
  let bad = 0;
  let firstBad = '';
  const parse = (text: string): number => {
    const value = cells.parseNumber(text);
    if (value === value || unit === undefined || cells.missing.has(text)) return value;
    const parts = withoutAffix(text);
    return parts?.affix === unit ? cells.parseNumber(parts.number) : Number.NaN;
  };
  const add = (text: string, line: number): void => {
    let value = text === '' ? Number.NaN : parse(text.trim());
    if (value !== value && !cells.missing.has(text.trim())) {
      if (badNumber === 'throw') throw notANumber(path, name, text, line);
      if (bad++ === 0) firstBad = `'${text}' in line ${line}`;
      value = Number.NaN;
    }
    values.push(value);
  };
  return {
    add,
    addBytes(bytes, start, end, line) {
      const value = start === end ? Number.NaN : cells.quick ? parseShortNumber(bytes, start, end) : undefined;
      if (value === undefined) add(bytes.toString('utf8', start, end), line);
      else values.push(value);
    },
    finish: () => ({ kind: 'numeric', name, values: values.finish(), ...(bad === 0 ? {} : { warning: warning() }) }),
  };
  function warning(): string {
    return `${name}: ${bad} ${bad === 1 ? 'value is' : 'values are'} not a number (first ${firstBad}). Make the column categorical, or correct the file.`;
  }
}

function notANumber(path: string, column: string, text: string, line: number): AppError {
  return new AppError(
    'dataset/not-a-number',
    `${path}, line ${line}: expected a number in column '${column}'; received '${text}'. Correct the value, or make the column categorical.`,
    { path, line, column, received: text },
  );
}
