import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PRIVATE_FOLDER } from './private-files.ts';
import { isAlive, processIdentity } from './process-identity.ts';

/** The end of a temporary name: machine, pid and start time of the process that created it, and 12 random digits. */
const TAG = /^([0-9a-f]{8})-(\d+)-([0-9a-f]{8})-[0-9a-f]{12}(?:\.tmp)?$/;

let own: string | null = null;

/**
 * A unique name that contains the identity of its process, so that `sweepLeftovers` knows when it is abandoned. '.tmp' may follow.
 */
export function temporaryName(prefix: string): string {
  own ??= tagOf(processIdentity());
  return `${prefix}${own}-${randomBytes(6).toString('hex')}`;
}

/** Creates a folder in the system's temporary folder, accessible only to this user. */
export async function makeTemporaryFolder(prefix: string): Promise<string> {
  const folder = join(tmpdir(), temporaryName(prefix));
  await mkdir(folder, { mode: PRIVATE_FOLDER });
  return folder;
}

/** Removes files of processes of this machine that have ended. Skips files that cannot be removed. */
export async function sweepLeftovers(folder: string, prefix: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => name.startsWith(prefix) && isLeft(name.slice(prefix.length)));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true }).catch(() => {})));
}

/** True if the rest of a name after its prefix identifies a process of this machine that has certainly ended. */
export function isLeft(tag: string): boolean {
  const [, host, pid, start] = TAG.exec(tag) ?? [];
  if (pid === undefined || host !== digest(hostname())) return false;
  const identity = processIdentity(Number(pid));
  if (isAlive(identity) === false) return true;
  // The start time of a running process may be unknown: the system can hide other users' processes.
  return identity.start !== null && start !== digest(null) && digest(identity.start) !== start;
}

function tagOf({ host, pid, start }: ReturnType<typeof processIdentity>): string {
  return `${digest(host)}-${pid}-${digest(start)}`;
}

function digest(text: string | null): string {
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex')
    .slice(0, 8);
}
