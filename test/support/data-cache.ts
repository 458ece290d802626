import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives all tests of one suite a data cache of their own; processes that they start inherit it. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'lamina-test-cache-'));
  process.env['LAMINA_DATA_CACHE'] = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
