import { AppError } from '../../src-shared/errors/app-error.ts';
import { runCommand } from './commands.ts';

/** A Python 3 with pip, which downloads packages and unpacks wheels. */
export interface Python {
  readonly program: string;
  readonly version: string;
}

const candidates = process.platform === 'win32' ? ['py', 'python', 'python3'] : ['python3', 'python'];
const pipHint =
  process.platform === 'linux'
    ? "On Debian and Ubuntu: 'sudo apt install python3-pip'; elsewhere 'python3 -m ensurepip'."
    : "Run 'python3 -m ensurepip', or install Python from python.org.";

/**
 * `LAMINA_PYTHON` sets another interpreter.
 * @throws AppError 'engine/no-python', 'engine/no-pip'.
 */
export async function findPython(): Promise<Python> {
  const named = process.env['LAMINA_PYTHON'];
  for (const program of named ? [named] : candidates) {
    const { status, output } = await runCommand(program, [
      '-c',
      'import sys; print("%d.%d.%d" % sys.version_info[:3])',
    ]);
    // The output may also contain warnings of a launcher, for example about a missing locale.
    const version = /^3\.\d+\.\d+$/m.exec(output)?.[0];
    if (status !== 0 || version === undefined) continue;
    const pip = await runCommand(program, ['-m', 'pip', '--version']);
    if (pip.status === 0) return { program, version };
    throw new AppError(
      'engine/no-pip',
      `Python ${version} has no pip, which downloads TensorFlow's library. ${pipHint} Then install the engine again.`,
      { program, version },
    );
  }
  throw new AppError(
    'engine/no-python',
    `Expected Python 3, whose pip downloads TensorFlow's library; found none (tried ${(named ? [named] : candidates).join(', ')}). ` +
      'Install Python 3 with pip and install the engine again, or bring a folder prepared on another machine: ' +
      "'lamina doctor --install PATH'.",
  );
}
