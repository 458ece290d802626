import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { errorCode } from './error-code.ts';

/** Identifies a process, also if a later one has the same pid. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Start time in the system's notation; null if the system does not report it. */
  readonly start: string | null;
}

export function processIdentity(pid: number = process.pid): ProcessIdentity {
  return { host: hostname(), pid, start: startOf(pid) };
}

/**
 * Whether a process is still running.
 *
 * @returns False also if another process has its pid. Null if it cannot be determined: a process of
 *   another machine, or one with unknown start time whose pid is in use.
 */
export function isAlive(identity: ProcessIdentity): boolean | null {
  if (identity.host !== hostname()) return null;
  if (!pidExists(identity.pid)) return false;
  const start = startOf(identity.pid);
  if (start === null || identity.start === null) return null;
  return start === identity.start;
}

/** Kills a process if it is certainly the one identified. */
export function endProcess(identity: ProcessIdentity): void {
  if (identity.pid !== process.pid && isAlive(identity) === true) process.kill(identity.pid, 'SIGKILL');
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

function startOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      // Fields after the command's closing parenthesis: state is field 3, start time field 22.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? 'ended' : (fields[19] ?? null);
    }
    if (process.platform === 'win32') return null;
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return text === '' ? null : text;
  } catch {
    return null;
  }
}
