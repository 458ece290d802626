import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { findPython } from '../../src-main/engine-setup/python.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

afterEach(() => vi.unstubAllEnvs());

test.skipIf(process.platform === 'win32')('findPython ignores locale warnings of a launcher', async () => {
  const launcher = join(temporaryFolder(), 'python3');
  writeFileSync(launcher, '#!/bin/sh\necho "warning: setlocale: cannot change locale" >&2\nexec python3 "$@"\n');
  chmodSync(launcher, 0o755);
  const { version } = await findPython();
  vi.stubEnv('LAMINA_PYTHON', launcher);
  expect(await findPython()).toEqual({ program: launcher, version });
});
