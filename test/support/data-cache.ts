import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives all tests of one suite a data cache and a folder of settings of their own; processes that they start inherit them. */
export default function setup(): () => void {
  const folders = ['LAMINA_DATA_CACHE', 'LAMINA_CONFIG_FOLDER'].map((name) => {
    const folder = mkdtempSync(join(tmpdir(), 'lamina-test-user-'));
    process.env[name] = folder;
    return folder;
  });
  return () => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}
