import { AppError } from '../../src-shared/errors/app-error.ts';
import { programPath } from '../programs.ts';
import { engineEnvironment } from './cache.ts';
import { lastLines, runCommand } from './commands.ts';
import type { EngineName } from '../../src-shared/training/run/run.ts';

/** What a child process that loaded an engine reports: one line of JSON. */
export interface Measurement {
  readonly version: string;
  readonly device: string;
  /** Billions of floating-point operations a second in a float32 matrix product. */
  readonly gflops: number;
}

/**
 * Loads an engine in a process of its own, so that a native crash hurts nothing, and has it
 * multiply matrices whose product is known.
 *
 * @throws AppError: the child's own, or 'engine/crashed'.
 */
export async function measureEngine(name: EngineName, folder?: string): Promise<Measurement> {
  const environment = {
    ...(folder === undefined ? {} : { LAMINA_TENSORFLOW: folder }),
    ...(name === 'tensorflow' ? engineEnvironment() : {}),
  };
  const { status, output } = await runCommand(process.execPath, [programPath('engines'), 'measure', name], {
    environment,
  });
  const answer = /^lamina-measure (.*)$/m.exec(output)?.[1];
  const parsed = answer === undefined ? null : (JSON.parse(answer) as Measurement | { error: unknown });
  if (parsed && !('error' in parsed)) return parsed;
  if (parsed) throw AppError.from(parsed.error);
  throw new AppError(
    'engine/crashed',
    `The ${name} engine ended its process (status ${status ?? 'signal'}) while it was tried. ` +
      "'lamina doctor --install' installs TensorFlow again; the onnx engine needs no installation.",
    { output: lastLines(output) },
  );
}

/** Tries a TensorFlow engine folder. @returns The library's version. @throws AppError as `measureEngine`. */
export async function checkEngineFolder(folder: string): Promise<string> {
  return (await measureEngine('tensorflow', folder)).version;
}
