import { chosenSource } from '../../../../src-shared/data/adopt-source.ts';
import type { DatasetDocument } from '../../../../src-shared/data/dataset-document.ts';
import {
  csvDialectSchema,
  csvEncodings,
  usualMissingWords,
  type CsvDialect,
} from '../../../../src-shared/data/csv-dialect.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { choice, text, wholeNumber } from './arguments.ts';
import type { CommandOption, OptionValues } from './command.ts';

/** Options of commands that read a text table: each replaces what Lamina guesses. */
export const tableOptions = {
  delimiter: {
    type: 'string',
    placeholder: 'SIGN',
    help: "Of a text table: what stands between values, one character, or 'tab', or 'blanks' for blanks and tabs.",
  },
  quote: { type: 'string', placeholder: 'SIGN', help: `Around values: " or ' or none.` },
  decimal: { type: 'string', placeholder: 'SIGN', help: 'Of numbers: . or ,' },
  thousands: {
    type: 'string',
    placeholder: 'SIGN',
    help: "Between groups of three digits: , or . or ' or blank or none.",
  },
  encoding: {
    type: 'string',
    placeholder: 'NAME',
    help: `${csvEncodings.slice(0, -1).join(', ')} or ${csvEncodings.at(-1)}.`,
  },
  'header-lines': {
    type: 'string',
    placeholder: 'N',
    help: 'Lines with the names of the columns; 0: the first line is a row.',
  },
  'skip-lines': { type: 'string', placeholder: 'N', help: 'Lines before the names that are not read.' },
  comment: { type: 'string', placeholder: 'SIGN', help: 'Lines that begin with it are not read; none: all are.' },
  missing: {
    type: 'string',
    placeholder: 'WORDS',
    help: `Words for missing values, with commas between them; by default ${usualMissingWords.filter((word) => word !== '').join(',')}.`,
  },
} as const satisfies Record<string, CommandOption>;

const signs: Readonly<Record<string, string>> = { tab: '\t', blanks: ' ', blank: ' ', none: '' };
const signOf = (name: string | undefined): string | undefined =>
  name === undefined ? undefined : (signs[name] ?? name);

/** @throws AppError 'cli/bad-arguments' if options say how a table is read, and none is named: they would have no effect. */
export function requireTable(options: OptionValues): void {
  const given = Object.keys(tableOptions).find((name) => options[name] !== undefined);
  if (given === undefined || text(options, 'source') !== undefined) return;
  throw new AppError(
    'cli/bad-arguments',
    `--${given} says how the table of --source is read; received no --source. Add it, or change how the project's own data is read on the Data page.`,
  );
}

/** @returns Null if none is given. @throws AppError 'cli/bad-arguments'. */
export function dialectFrom(options: OptionValues): CsvDialect | null {
  const missing = text(options, 'missing');
  const given = Object.entries({
    delimiter: signOf(text(options, 'delimiter')),
    quote: signOf(text(options, 'quote')),
    decimal: text(options, 'decimal'),
    thousands: signOf(text(options, 'thousands')),
    encoding: choice(options, 'encoding', csvEncodings),
    headerLines: wholeNumber(options, 'header-lines', 0, 10),
    skippedLines: wholeNumber(options, 'skip-lines', 0, 1000),
    comment: signOf(text(options, 'comment')),
    missing: missing?.split(',').map((word) => word.trim()),
  }).filter(([, value]) => value !== undefined);
  if (given.length === 0) return null;
  const parsed = csvDialectSchema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  // Numbers are checked above, so that the option has the field's name.
  const key = String(parsed.error.issues[0]?.path[0]) as keyof typeof tableOptions;
  throw new AppError(
    'cli/bad-arguments',
    `--${key} expects: ${tableOptions[key].help} Received '${String(options[key])}'.`,
  );
}

/** What a data set keeps when it gets this source: the options given, else what a person chose for its present one. */
export function replacedSource(
  dataset: DatasetDocument,
  absolutePath: string,
  options: OptionValues,
): ReturnType<typeof chosenSource> {
  const dialect = dialectFrom(options);
  return dialect === null ? chosenSource(dataset) : { kind: 'csv', path: absolutePath, ...dialect };
}
