import { spawn } from 'node:child_process';

export interface CommandResult {
  /** Exit status; null if a signal ended the program or it could not start. */
  readonly status: number | null;
  readonly output: string;
}

export interface CommandOptions {
  readonly environment?: Record<string, string | undefined>;
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
  /** Receives each line of stdout. */
  readonly onLine?: (line: string) => void;
}

/** Runs a program and waits until it ends. Never throws: a missing program has status null. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = '';
    let line = '';
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.signal ? { signal: options.signal } : {}),
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      line += text;
      const lines = line.split('\n');
      line = lines.pop() ?? '';
      for (const whole of lines) options.onLine?.(whole);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', (error) => resolve({ status: null, output: `${output}${error.message}` }));
    child.once('close', (status) => resolve({ status, output }));
  });
}

/** The last lines of a program's output, for an error's details. */
export function lastLines(output: string, count = 12): string {
  return output.trimEnd().split('\n').slice(-count).join('\n');
}
