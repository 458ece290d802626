import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { programPath } from '../../../src-main/programs.ts';

export interface Finished {
  status: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs the command line; it is killed after the test.
 * @param onOutput Called with all of stderr so far, and a function that sends a signal.
 */
export function runLamina(
  args: readonly string[],
  onOutput?: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Finished> {
  const child = spawn(process.execPath, [programPath('cli'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const finished: Finished = { status: null, stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (finished.stdout += String(text)));
  child.stderr.on('data', (text) => {
    finished.stderr += String(text);
    onOutput?.(finished.stderr, (signal) => child.kill(signal));
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ ...finished, status })));
}

export const lamina = (...args: readonly string[]): Promise<Finished> => runLamina(args);

/** The output of `--json`: an object per line. */
export const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
