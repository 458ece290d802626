import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A program started for a test, with its output. */
export interface Running {
  readonly process: ChildProcess;
  output(): string;
  /** Resolves with the exit status. */
  readonly ended: Promise<number | null>;
}

/** @param user Runs it as this user. Absent: as the current user. */
export function startProgram(
  program: string,
  args: readonly string[],
  environment: Record<string, string | undefined> = {},
  user?: number,
): Running {
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
  let output = '';
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', resolve);
  });
  return { process: child, output: () => output, ended };
}

/** Waits for a pattern in the output of a program. @throws Error with all output. */
export async function waitForOutput(program: Running, pattern: RegExp, patienceMs: number): Promise<RegExpExecArray> {
  const endsAt = Date.now() + patienceMs;
  while (Date.now() < endsAt && program.process.exitCode === null) {
    const match = pattern.exec(program.output());
    if (match) return match;
    await delay(100);
  }
  throw new Error(`Expected ${pattern} within ${patienceMs} ms; received:\n${program.output()}`);
}

/** A separate X server. @returns Its display, ':7', and how to stop it. */
export async function startDisplay(): Promise<{ display: string; stop: () => void }> {
  const server = startProgram('Xvfb', ['-displayfd', '1', '-screen', '0', '1440x900x24', '-nolisten', 'tcp']);
  const [, number] = await waitForOutput(server, /^(\d+)\s*$/m, 20_000);
  return { display: `:${number}`, stop: () => server.process.kill('SIGKILL') };
}

/** Live processes whose program is in a folder, one line each. Linux. */
export async function processesUnder(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      if (!(await readlink(`/proc/${pid}/exe`)).startsWith(folder)) continue;
      found.push(`${pid} ${(await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').join(' ').slice(0, 160)}`);
    } catch {
      // It ended meanwhile, or it is a zombie without a program.
      continue;
    }
  }
  return found;
}
