import { spawnSync } from 'node:child_process';
import { chmod, chown, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PackagedApplication } from './package.ts';

const nobody = 65534;

export interface Sandbox {
  /** User to run the application as; absent: the current user. */
  readonly user?: number;
  readonly flags: readonly string[];
}

/**
 * Enables Chromium's sandbox for the application, where this machine permits it.
 *
 * Chromium refuses to run as root, so a test run by root starts the application as another user and gives that user the
 * folder it writes to. Without user namespaces (some containers) there is no sandbox; the other restrictions of the
 * window remain.
 *
 * @param work The application's home folder, with the project in it.
 */
export async function prepareSandbox(work: string, packaged: PackagedApplication): Promise<Sandbox> {
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? { uid: nobody, gid: nobody } : {};
  if (spawnSync('unshare', ['--user', 'true'], user).status !== 0) return { flags: ['--no-sandbox'] };
  // Its system call filter of 2020 lacks calls of current C libraries.
  const flags = Number.parseInt(packaged.electronVersion, 10) < 12 ? ['--disable-seccomp-filter-sandbox'] : [];
  if (!isRoot) return { flags };
  const helper = join(dirname(packaged.executable), 'chrome-sandbox');
  await chown(helper, 0, 0);
  await chmod(helper, 0o4755);
  await chmod(work, 0o755);
  await chown(work, nobody, nobody);
  const project = join(work, 'project');
  await chown(project, nobody, nobody);
  for (const path of await readdir(project, { recursive: true })) await chown(join(project, path), nobody, nobody);
  return { user: nobody, flags };
}
