import { expect, test } from 'vitest';
import { detectDataset } from '../../src-main/data/formats/find-source.ts';
import { profileDataset } from '../../src-main/data/prepared/profile.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { datasetDocumentSchema } from '../../src-shared/data/dataset-document.ts';
import { Dice } from '../support/dice.ts';
import { seedsOf } from '../support/portion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeText } from './support.ts';

const folder = temporaryFolder();

const whole = [
  'a,b,kind\n1.5,2,x\n2.5,3,y\n3.5,4,x\n4.5,5,y\n',
  'sep=;\na;b\n"1,5";"say ""hi"""\n2,25;"x\ny"\n1.234,5;z\n',
  '  0.1  18.00   1 \t"one two"\n  0.2  19.00   2 \t"three"\n  0.3  20.00   3 \t"four"\n',
  '# made by a program\n\nReport\n,price,NA\n1,€ 5,NA\n2,€ 7,DE\n3,n.a.,FR\n',
  "'40-49','premeno','0-2'\n'50-59','ge40','0-2'\n'50-59','ge40','3-5'\n",
].flatMap((text) => [Buffer.from(text), Buffer.from(text, 'utf16le')]);
const pieces = [
  '"',
  "'",
  '\r',
  '\n',
  '\r\n',
  ',',
  ';',
  '\t',
  '\u0000',
  '\ufeff',
  '#',
  '1e400',
  ',,,,',
  '"\n"',
  '\u00e9',
];

/** A table with some bytes changed, cut out, doubled or put in. */
function damaged(dice: Dice): Buffer {
  let bytes: Buffer = Buffer.from(dice.pick(whole));
  for (let times = dice.from(1, 4); times > 0; times--) {
    const at = dice.below(bytes.length + 1);
    const end = Math.min(bytes.length, at + dice.from(1, 12));
    const part = dice.pick<Buffer>([
      Buffer.alloc(0),
      Buffer.from(dice.pick(pieces)),
      Buffer.from([dice.below(256)]),
      Buffer.concat([bytes.subarray(at, end), bytes.subarray(at, end)]),
    ]);
    bytes = Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(dice.below(2) === 0 ? at : end)]);
  }
  return bytes;
}

test.each(seedsOf('damaged tables', { quick: 100, ci: 300, soak: 2000 }))(
  'a damaged text table is read or refused with its file, seed %i',
  async (seed) => {
    const path = writeText(folder, `${seed}.csv`, damaged(new Dice(seed, 'damaged tables')));
    try {
      const document = await detectDataset(path);
      expect(datasetDocumentSchema.parse(document)).toEqual(document);
      const { rows, columns } = await profileDataset(document, folder);
      expect(rows).toBeGreaterThan(0);
      expect(columns).toHaveLength(document.columns.length);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      expect(error).toMatchObject({ code: expect.stringMatching(/^dataset\//) });
      expect(error.message).toContain(path);
    }
  },
  10_000,
);
