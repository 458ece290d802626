import { columnTypeOf } from '../../../../src-shared/data/columns/registry.ts';
import { usualMissingWords, type CsvDialect } from '../../../../src-shared/data/csv-dialect.ts';
import type { Column, Remark } from '../../../../src-shared/data/dataset-document.ts';
import type { HeaderGuess } from './guess-header.ts';
import type { ScannedColumn } from './scan-csv.ts';

/** What a person should know of the lines before the rows. */
export function headerRemarks(header: HeaderGuess, dialect: CsvDialect, chosen: CsvDialect): Remark[] {
  const remarks: Remark[] = [];
  if (dialect.encoding === 'windows-1252' && chosen.encoding === undefined) {
    remarks.push({ text: 'The file is not UTF-8; it is read as Windows-1252.' });
  }
  const { skippedLines = 0 } = dialect;
  if (skippedLines > 0 && chosen.skippedLines === undefined) {
    remarks.push({
      text: `${skippedLines === 1 ? 'The first line is' : `The first ${skippedLines} lines are`} not read, because the table begins after ${skippedLines === 1 ? 'it' : 'them'}.`,
      label: 'Read from the first line',
      dialect: { skippedLines: 0 },
    });
  }
  if (dialect.comment && chosen.comment === undefined) {
    remarks.push({
      text: `Lines that begin with '${dialect.comment}' are not read.`,
      label: 'Read them',
      dialect: { comment: '' },
    });
  }
  if (chosen.headerLines !== undefined) return remarks;
  if (header.lines === 0) {
    remarks.push({
      text: `The first line is read as a row${header.clear ? '' : ', although it could be names'}; the columns are named column1, column2, …`,
      label: 'The first line has names',
      dialect: { headerLines: 1 },
    });
  } else if (header.lines > 1) {
    remarks.push({
      text: `The first ${header.lines} lines are read as names of the columns.`,
      label: 'Only the first line has names',
      dialect: { headerLines: 1 },
    });
  } else if (!header.clear) {
    remarks.push({
      text: 'The first line is read as names of the columns, although it could be a row.',
      label: 'The first line is a row',
      dialect: { headerLines: 0 },
    });
  }
  return remarks;
}

/** Columns of which the remarks of one kind speak; the others are counted. */
const NAMED = 5;

/** What a person should know of the columns' types and of the target. */
export function columnRemarks(
  scanned: readonly ScannedColumn[],
  columns: readonly Column[],
  dialect: CsvDialect,
): Remark[] {
  const found = scanned.map((facts, index) => remarksOn(facts, columns[index]!, dialect));
  const kinds = ['code', 'unit', 'stray', 'spelling', 'missing'] as const;
  const limited = kinds.flatMap((kind) => {
    const remarks = found.flatMap((each) => each[kind] ?? []);
    const more = remarks.length - NAMED;
    return more <= 0 ? remarks : [...remarks.slice(0, NAMED), { text: `The same is true of ${more} more columns.` }];
  });
  const target = columns.findIndex(({ role }) => role === 'target');
  return [...(target < 0 ? [] : [targetRemark(scanned[target]!, columns[target]!)]), ...limited];
}

function targetRemark(facts: ScannedColumn, column: Column): Remark {
  const { name } = column;
  const { hasClasses } = columnTypeOf(column);
  const text = `The target is guessed: '${name}', ${hasClasses ? `with ${facts.distinct} classes` : 'a number'}.`;
  const isEither = facts.distinct > 2 && facts.whole && facts.distinct <= 50;
  if (!isEither) return { text, column: { name } };
  const other: Partial<Column> = hasClasses
    ? { type: 'numeric', scaling: 'standard', missing: 'drop-row' }
    : { type: 'categorical', scaling: 'none', missing: 'drop-row' };
  return {
    text: `${text} It has ${facts.distinct} different whole numbers.`,
    label: hasClasses ? 'Predict a number' : 'Predict classes',
    column: { name, ...other },
  };
}

interface Found {
  readonly code?: Remark;
  readonly unit?: Remark;
  readonly stray?: Remark;
  readonly spelling?: Remark;
  readonly missing?: Remark;
}

function remarksOn(facts: ScannedColumn, column: Column, dialect: CsvDialect): Found {
  const { name, unit, code, spellings } = facts;
  const { comparedAs, hasClasses } = columnTypeOf(column);
  const isNumber = comparedAs === 'number';
  const asNumber = {
    name,
    type: 'numeric',
    missing: column.role === 'target' ? 'drop-row' : 'median',
    scaling: 'standard',
  } as const;
  return {
    ...(code !== null && !isNumber ? { code: codeRemark(name, code, facts.allNumbers, asNumber) } : {}),
    ...(unit !== null ? { unit: unitRemark(facts, unit, isNumber, asNumber) } : {}),
    ...(isNumber && facts.strays > 0
      ? {
          stray: {
            text: `'${name}' has numbers and ${facts.strays} other ${facts.strays === 1 ? 'value' : 'values'}, the first is '${facts.stray}'. Training needs numbers.`,
            label: `'${facts.stray}' is a missing value`,
            dialect: { missing: [...(dialect.missing ?? usualMissingWords), facts.stray] },
          },
        }
      : {}),
    ...(hasClasses && column.role !== 'ignored' && spellings.length > 0
      ? { spelling: spellingRemark(name, spellings) }
      : {}),
    ...(isCodeList(facts) && !isNumber
      ? {
          missing: {
            text: `'NA' in '${name}' is read as a missing value (${facts.notAvailable} rows), beside ${facts.texts.slice(0, 3).join(', ')}.`,
            label: "'NA' is a value",
            dialect: { missing: (dialect.missing ?? usualMissingWords).filter((word) => word !== 'NA') },
          },
        }
      : {}),
  };
}

function codeRemark(name: string, code: string, isNumbers: boolean, column: NonNullable<Remark['column']>): Remark {
  const reason = code.startsWith('0') ? `'${code}' begins with 0` : `'${code}' has more digits than a number keeps`;
  return {
    text: `'${name}' is read as text, because ${reason}.`,
    ...(isNumbers ? { label: 'Read numbers', column } : {}),
  };
}

function unitRemark(
  { name, withoutUnit, rows, missing }: ScannedColumn,
  unit: string,
  isNumber: boolean,
  column: NonNullable<Remark['column']>,
): Remark {
  const some = withoutUnit > 0 ? `; ${withoutUnit} of ${rows - missing} values have none` : '';
  if (isNumber) return { text: `'${name}' is read as numbers in '${unit}'${some}.` };
  return {
    text: `'${name}' is read as text: some numbers have '${unit}'${some}.`,
    label: `Read numbers in '${unit}'`,
    column: { ...column, unit },
  };
}

function spellingRemark(name: string, spellings: ScannedColumn['spellings']): Remark {
  const pairs = spellings.slice(0, 3).map(([a, b]) => `${shown(a)} and ${shown(b)}`);
  return {
    text: `'${name}' has values that differ in spelling alone: ${pairs.join('; ')}. Each is a category.`,
  };
}

/** Characters that cannot be seen are written as codes. */
const shown = (text: string): string =>
  `'${text.replace(/[\p{M}\p{Cf}\u00a0]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`;

/** Two capital letters, as for countries, where 'NA' may be Namibia. */
function isCodeList({ notAvailable, texts }: ScannedColumn): boolean {
  if (notAvailable === 0 || texts.length < 3) return false;
  return texts.filter((text) => /^[A-Z]{2}$/.test(text)).length >= texts.length * 0.9;
}
