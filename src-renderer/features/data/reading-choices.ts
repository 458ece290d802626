import { csvEncodings, type CsvEncoding } from '../../../src-shared/data/csv-dialect.ts';

interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

const encodingLabels: Readonly<Record<CsvEncoding, string>> = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16 LE',
  'utf-16be': 'UTF-16 BE',
  'windows-1252': 'Windows-1252',
};

/** An option of a text table that is chosen from a list. Empty: as Lamina guesses. */
export interface ReadingChoice {
  readonly key: 'delimiter' | 'quote' | 'decimal' | 'thousands' | 'encoding' | 'comment';
  readonly label: string;
  readonly hint: string;
  /** Name of the option's value that is used where the document has none. */
  readonly usual: string;
  readonly choices: readonly Choice<string>[];
}

const choices = (labels: Readonly<Record<string, string>>): Choice<string>[] =>
  Object.entries(labels).map(([value, label]) => ({ value, label }));

export const readingChoices: readonly ReadingChoice[] = [
  {
    key: 'delimiter',
    label: 'Delimiter',
    hint: 'Stands between the values of a line',
    usual: 'automatic',
    choices: choices({ ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': '|', ' ': 'blanks or tabs', ':': 'colon' }),
  },
  {
    key: 'quote',
    label: 'Quotes',
    hint: 'Around values that contain the delimiter',
    usual: 'double "',
    choices: choices({ '"': 'double "', "'": "single '", none: 'none' }),
  },
  {
    key: 'decimal',
    label: 'Decimal sign',
    hint: 'In all numbers of the file',
    usual: 'point',
    choices: choices({ '.': 'point', ',': 'comma' }),
  },
  {
    key: 'thousands',
    label: 'Thousands sign',
    hint: 'Between groups of three digits',
    usual: 'none',
    choices: choices({ none: 'none', ',': 'comma', '.': 'point', ' ': 'blank', "'": "apostrophe '" }),
  },
  {
    key: 'encoding',
    label: 'Encoding',
    hint: 'Choose another one if letters are wrong',
    usual: 'automatic',
    choices: csvEncodings.map((value) => ({ value, label: encodingLabels[value] })),
  },
  {
    key: 'comment',
    label: 'Comments',
    hint: 'Lines that begin with this sign are not read',
    usual: 'none',
    choices: choices({ none: 'none', '#': '#', '%': '%', '//': '//', ';': ';' }),
  },
];

/** 'none' in the list is an empty text in the document. */
export const chosenValue = (value: string): string => (value === 'none' ? '' : value);
export const shownValue = (value: string | undefined): string => (value === '' ? 'none' : (value ?? 'usual'));

/** Words for missing values, as a person types them. */
export const wordsOf = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

export const textOfWords = (missing: readonly string[]): string => missing.filter((word) => word !== '').join(', ');
