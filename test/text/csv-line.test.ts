import { expect, it } from 'vitest';
import { csvLine } from '../../src-shared/text/csv-line.ts';

it('csvLine quotes cells with separators, quotes and line breaks', () => {
  expect(csvLine(['a', 'b,c', 'd"e', 'f\ng', 1.5])).toBe('a,"b,c","d""e","f\ng",1.5');
});
