import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Descendants of a process. */
export function childProcesses(pid: number): ProcessInfo[] {
  const all = process.platform === 'linux' ? fromProc() : fromPs();
  const found: ProcessInfo[] = [];
  const parents = new Set([pid]);
  for (let grown = true; grown;) {
    grown = false;
    for (const one of all) {
      if (!parents.has(one.parent) || parents.has(one.pid)) continue;
      parents.add(one.pid);
      found.push(one);
      grown = true;
    }
  }
  return found;
}

/** Without `ps`, which small Linux images lack. Zombies have no command line. */
function fromProc(): ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return command === '' ? [] : [{ pid: Number(name), parent, command }];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
}

function fromPs(): ProcessInfo[] {
  const lines = execFileSync('ps', ['-axo', 'pid=,ppid=,command='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command: command ?? '' }];
  });
}

/** Stops processes, so that a request takes until they are resumed. @throws Error if there are none. */
export function suspend(processes: readonly ProcessInfo[]): void {
  if (processes.length === 0) throw new Error('Expected processes to suspend; received none.');
  for (const { pid } of processes) process.kill(pid, 'SIGSTOP');
}

/** Resumes suspended processes; those that have ended are skipped. */
export function resume(processes: readonly ProcessInfo[]): void {
  for (const each of processes) signal(each, 'SIGCONT');
}

/** @returns False if the process has ended. */
export function signal({ pid }: ProcessInfo, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
