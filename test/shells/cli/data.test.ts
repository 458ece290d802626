import { describe, expect, test } from 'vitest';
import { writeText } from '../../data/support.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { jsonLines, lamina } from './lamina.ts';

const folder = temporaryFolder();

describe('lamina data', () => {
  test('says what a path is, as text and as JSON, with other options for reading it', async () => {
    const path = writeText(folder, 'flats.txt', '45;1,5\n60;2,5\n75;3,5\n90;NA\n');
    const plain = await lamina('data', path);
    expect(plain.stdout).toContain('csv, 4 rows, 2 columns');
    const { status, stdout } = await lamina('data', path, '--header-lines', '1', '--decimal', '.', '--json');
    expect(status).toBe(0);
    expect(jsonLines(stdout)).toEqual([
      {
        format: 'csv',
        rows: 3,
        columns: [
          { name: '45', type: 'numeric', role: 'feature', missing: 0, distinct: 3 },
          { name: '1,5', type: 'categorical', role: 'target', missing: 1, distinct: 2 },
        ],
        warnings: ["The target is guessed: '1,5', with 2 classes."],
        options: { headerLines: 1, decimal: '.' },
      },
    ]);
    const wrong = await lamina('data', path, '--decimal', 'x');
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('--decimal expects')]);
  });
});
