import { describe, expect, test } from 'vitest';
import { readCsvTable } from '../../src-main/data/formats/csv/csv-table.ts';
import { readPlainCsv } from '../../src-main/data/formats/csv/plain-csv.ts';
import { parseShortNumber } from '../../src-main/data/tables/values.ts';
import type { SourceContents } from '../../src-main/data/tables/table.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { Dice } from '../support/dice.ts';
import { seedsOf } from '../support/portion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeText } from './support.ts';

const folder = temporaryFolder();

const texts = [
  ...[
    '0',
    '-0',
    '+5',
    '7.',
    '.5',
    '-.25',
    '.',
    '-',
    '',
    ' ',
    ' 12 ',
    '\t3',
    '1e3',
    '1E-7',
    '1e400',
    '-1e400',
    '1e-400',
  ],
  ...[
    '0.1',
    '0.30000000000000004',
    '9007199254740993',
    '9007199254740991',
    '900719925474099.1',
    '123456789012345678901',
  ],
  ...[
    '0x10',
    '0b1',
    '0o7',
    '00012',
    '1_000',
    '1.2.3',
    '--1',
    '+-1',
    'inf',
    'Infinity',
    'nan',
    'NaN',
    'NA',
    '?',
    'null',
  ],
  ...[
    '4.9e-324',
    '2.2250738585072011e-308',
    '1.7976931348623157e308',
    '0.000000000000000000000001',
    'é',
    '\u00a05\u00a0',
  ],
  ...['a', 'b', ' a', 'north', 'x'.repeat(40), 'True', 'TRUE', '1.0', '1', '\u{1f600}', '1\u0000', '\ufeff1'],
];
/** Faults, which the quick reader must leave to the other one. */
const odd = ['"q"', '"a""b"', '"a\nb"', 'a"b', '"open', '\r', 'x\ry', '\r\n', '\n\n', '\n', ',', '1,2'];

/** A table of random cells; one in three has a fault. */
function randomCsv(dice: Dice, columns: number): Buffer {
  const rows = dice.from(0, 30);
  const end = dice.below(2) === 0 ? '\n' : '\r\n';
  const number = (): string => {
    const digits = Array.from({ length: dice.from(1, 22) }, () => dice.below(10)).join('');
    const point = dice.below(digits.length + 1);
    return `${dice.below(2) === 0 ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
  };
  const cell = (): string => (dice.below(2) === 0 ? number() : dice.pick(texts));
  const line = (): string => Array.from({ length: columns }, cell).join(',');
  const lines = Array.from({ length: rows }, line);
  if (dice.below(3) === 0) lines.splice(dice.below(rows + 1), 0, dice.pick(odd) + line());
  const header = Array.from({ length: columns }, (_, i) => `c${i}`).join(',');
  const text = [header, ...lines].join(end) + (dice.below(2) === 0 ? end : '');
  const bytes = Buffer.from((dice.below(4) === 0 ? '\ufeff' : '') + text, 'utf8');
  if (dice.below(8) === 0) bytes[dice.below(bytes.length)] = 0xe9;
  return bytes;
}

async function outcome(path: string, options: Parameters<typeof readCsvTable>[1]): Promise<unknown> {
  try {
    return comparable(await readCsvTable(path, options));
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, details: error.details };
    throw error;
  }
}

/** The numbers as bits: NaN differs from no number, and -0 from 0. */
function comparable(contents: SourceContents): unknown {
  const columns = contents.columns.map((column) =>
    column.kind === 'numeric' ? { ...column, values: [...new BigUint64Array(column.values.buffer)] } : column,
  );
  return { ...contents, columns };
}

describe('the quick reader of CSV', () => {
  test.each(seedsOf('plain CSV', { quick: 300, ci: 3000, soak: 30_000 }))(
    'reads the same bits or leaves the file to the other reader, seed %i',
    async (seed) => {
      const dice = new Dice(seed, 'plain CSV');
      const count = dice.from(1, 4);
      const path = writeText(folder, `${seed}.csv`, randomCsv(dice, count));
      const columns = Array.from({ length: count }, (_, i) => ({
        name: `c${i}`,
        type: dice.below(2) === 0 ? ('numeric' as const) : ('categorical' as const),
      }));
      for (const badNumber of ['missing', 'throw'] as const) {
        const options = { columns, badNumber, dialect: dice.below(2) === 0 ? { delimiter: ',' } : {} };
        expect(await outcome(path, { ...options, plain: true })).toEqual(
          await outcome(path, { ...options, plain: false }),
        );
      }
    },
  );

  test('reads all columns of a file of several chunks', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `${i},${i / 7},${i % 3 === 0 ? 'süd' : 'nord'}\r\n`);
    const path = writeText(folder, 'chunks.csv', `a,b,c\r\n${lines.join('')}`);
    const columns = [
      { name: 'c', type: 'categorical' as const },
      { name: 'a', type: 'numeric' as const },
      { name: 'b', type: 'numeric' as const },
    ];
    const read = (plain: boolean) => outcome(path, { columns, badNumber: 'throw', plain });
    expect(await read(true)).toEqual(await read(false));
  });

  test.each([
    ['plain lines', 'a,b\n1,2\n', true],
    ['empty lines', 'a,b\n\n1,2\n\n', true],
    ['a quote', 'a,b\n"1",2\n', false],
    ['a short line', 'a,b\n1\n', false],
    ['a long line', 'a,b\n1,2,3\n', false],
    ['a lone CR', 'a,b\n1\r,2\n', false],
    ['a line end of another kind', 'a,b\r\n1,2\n', false],
    ['Latin-1', Buffer.from('a,b\n1,\xe9\n', 'latin1'), false],
    ['no line end', 'a,b', false],
  ])('takes a file with %s: %#', async (_, bytes, taken) => {
    const path = writeText(folder, 'taken.csv', bytes);
    const ignore = () => undefined;
    const options = {
      delimiter: ',',
      headerLines: 1,
      fields: [true, true],
      onField: ignore,
      onRecord: ignore,
    };
    expect(await readPlainCsv(path, options)).toBe(taken);
  });

  test('stops with the reason of the signal', async () => {
    const path = writeText(folder, 'abort.csv', 'a\n1\n');
    const columns = [{ name: 'a', type: 'numeric' as const }];
    const signal = AbortSignal.abort(new Error('cancelled'));
    await expect(readCsvTable(path, { columns, badNumber: 'throw', plain: true, signal })).rejects.toThrow('cancelled');
  });
});

test.each(seedsOf('short numbers', { quick: 20, ci: 100, soak: 1000 }))(
  'short numbers equal those of Number, seed %i',
  (seed) => {
    const dice = new Dice(seed, 'short numbers');
    for (let i = 0; i < 1000; i++) {
      const digits = Array.from({ length: dice.from(1, 17) }, () => dice.below(10)).join('');
      const point = dice.below(digits.length + 1);
      const text = `${dice.pick(['', '-', '+'])}${digits.slice(0, point)}.${digits.slice(point)}`;
      const value = parseShortNumber(Buffer.from(text), 0, text.length);
      if (digits.length <= 15) expect(value, text).toBe(Number(text));
      else expect([Number(text), undefined], text).toContain(value);
    }
  },
);
