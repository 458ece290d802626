import { expect, test } from 'vitest';
import { MAX_JSON_DEPTH, parseJson } from '../../src-shared/text/parse-json.ts';

const nested = (depth: number, open = '[', close = ']'): string => open.repeat(depth) + close.repeat(depth);

test('parses like JSON.parse up to the depth limit', () => {
  for (const text of ['{"a":[1,{"b":null}]}', '"[[["', String.raw`["\"[","\\"]`, nested(MAX_JSON_DEPTH)]) {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  }
  const brackets = JSON.stringify('['.repeat(3_000));
  expect(parseJson(brackets)).toBe('['.repeat(3_000));
  const long = `[${'[],'.repeat(3_000)}{}]`;
  expect(parseJson(long)).toHaveLength(3_001);
});

test('rejects deeper nesting and invalid JSON', () => {
  for (const text of [nested(MAX_JSON_DEPTH + 1), nested(1_000_000), nested(3_000, '{"a":', '}'), '[', '"', '"\\']) {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  }
});
