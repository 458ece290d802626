import { describe, expect, it } from 'vitest';
import { migrate, ofVersion } from '../../src-shared/text/migrate.ts';

const migrations = [
  (document: Record<string, unknown>) => ({ ...document, one: true }),
  (document: Record<string, unknown>) => ({ ...document, two: document['one'] }),
];

describe('migrate', () => {
  it('migrates version by version and sets the version', () => {
    expect(migrate({ version: 1 }, 1, migrations, 3)).toEqual({ version: 3, one: true, two: true });
  });

  it('throws document/no-migration for a missing step', () => {
    expect(() => migrate({ version: 1 }, 1, [], 2)).toThrow(expect.objectContaining({ code: 'document/no-migration' }));
  });
});

describe('ofVersion', () => {
  it('migrates earlier versions only', () => {
    expect(ofVersion({ version: 2, one: 1 }, migrations, 3)).toEqual({ version: 3, one: 1, two: 1 });
    expect(ofVersion({ version: 4 }, migrations, 3)).toEqual({ version: 4 });
    expect(ofVersion({ version: 'two' }, migrations, 3)).toEqual({ version: 'two' });
    expect(ofVersion(null, migrations, 3)).toBeNull();
  });
});
