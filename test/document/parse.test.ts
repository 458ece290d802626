import { describe, expect, it } from 'vitest';
import { migrateModel } from '../../src-shared/document/migrations.ts';
import { parseModelDocument } from '../../src-shared/document/parse.ts';

const node = (id: string) => ({ id, kind: 'Dense', name: id, params: {}, position: { x: 0, y: 0 }, frozen: false });
const whole = {
  format: 'lamina.model',
  version: 1,
  name: 'm',
  nodes: [node('a'), node('b')],
  edges: [{ id: 'e', source: 'a', target: 'b' }],
};

describe('parseModelDocument', () => {
  it('reads a whole document without a word', () => {
    expect(parseModelDocument(whole)).toEqual({ document: whole, warnings: [] });
  });

  it.each([[null], [42], [[]], [{ format: 'other', version: 1 }], [{ format: 'lamina.model' }]])(
    'refuses %j',
    (value) => {
      expect(() => parseModelDocument(value, 'x.json')).toThrow(
        expect.objectContaining({ code: 'document/not-a-model', message: expect.stringContaining('x.json') }),
      );
    },
  );

  it('refuses a newer version with the remedy', () => {
    expect(() => parseModelDocument({ ...whole, version: 9 })).toThrow(
      expect.objectContaining({ code: 'document/newer-version', message: expect.stringContaining('Update Lamina') }),
    );
  });

  it('keeps what is whole of a damaged file', () => {
    const damaged = {
      ...whole,
      nodes: [node('a'), { id: 'x' }, node('b'), node('a')],
      edges: [
        { id: 'e', source: 'a', target: 'b' },
        { id: 'e', source: 'b', target: 'a' },
        { id: 'f', source: 'a', target: 'gone' },
        'edge',
      ],
    };
    const { document, warnings } = parseModelDocument(damaged);
    expect(document).toEqual(whole);
    expect(warnings).toHaveLength(5);
    expect(warnings.every((warning) => warning.code === 'document/damaged')).toBe(true);
  });
});

describe('migrateModel', () => {
  it('goes step by step and stamps the version', () => {
    const migrations = [
      (document: Record<string, unknown>) => ({ ...document, one: true }),
      (document: Record<string, unknown>) => ({ ...document, two: document['one'] }),
    ];
    expect(migrateModel({ version: 1 }, 1, migrations, 3)).toEqual({ version: 3, one: true, two: true });
  });

  it('says when a step is missing', () => {
    expect(() => migrateModel({ version: 1 }, 1, [], 2)).toThrow(
      expect.objectContaining({ code: 'document/no-migration' }),
    );
  });
});
