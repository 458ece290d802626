import { AppError } from '../../src-shared/errors/app-error.ts';
import type { EngineName } from '../../src-shared/training/run/run.ts';
import { callOnce } from '../processes/program-calls.ts';
import { describeExit } from '../processes/program-process.ts';
import { programPath } from '../programs.ts';
import { engineEnvironment } from './cache.ts';
import type { EngineCalls, Measurement } from './calls.ts';

/**
 * Tests an engine with a matrix product of known result and with the training of a small network, which it compares with
 * the interpreter. The test runs in another process, so that a native crash does not end this one.
 *
 * @param folder TensorFlow's engine folder; by default the installed one.
 * @throws AppError of the measurement, or 'engine/crashed'.
 */
export function measureEngine(name: EngineName, folder?: string): Promise<Measurement> {
  return callOnce<EngineCalls, 'measure'>(
    {
      path: programPath('engines'),
      environment: () => ({
        ...process.env,
        ...(folder === undefined ? {} : { LAMINA_TENSORFLOW: folder }),
        ...(name === 'tensorflow' ? engineEnvironment() : {}),
      }),
      ended: (exit) =>
        new AppError(
          'engine/crashed',
          `The process that tested the ${name} engine ended: ${describeExit(exit)}. ` +
            "'lamina doctor --install' installs TensorFlow again; the onnx engine needs no installation.",
          { output: exit.output },
        ),
    },
    'measure',
    { name },
  );
}

/** Tests a TensorFlow engine folder. @returns The library's version. @throws AppError as `measureEngine`. */
export async function checkEngineFolder(folder: string): Promise<string> {
  return (await measureEngine('tensorflow', folder)).version;
}
