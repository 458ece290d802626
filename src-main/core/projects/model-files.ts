import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { ImportedModelResult, ImportPart } from '../../../src-shared/contract/import-results.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import type { RequestProgress } from '../../../src-shared/contract/transport.ts';
import type { InterchangeCalls } from '../../interchange/calls.ts';
import { memoryLimit, memoryLimitEnvironment, overMemoryLimit } from '../../processes/memory-limit.ts';
import { ABORT_GRACE_MS, callOnce } from '../../processes/program-calls.ts';
import type { CallOptions } from '../../processes/program-calls.ts';
import { describeExit } from '../../processes/program-process.ts';
import type { ProgramExit } from '../../processes/program-process.ts';
import { overStallLimit, stallLimitEnvironment } from '../../processes/stall-limit.ts';
import { programPath } from '../../programs.ts';
import { importFromProject, isProjectFolder } from './other-project.ts';
import type { ImportedModel } from './other-project.ts';

/** Some damaged files send HDF5 into an endless loop. Whole files need less than a second between two parts. */
const STALL_SECONDS = 30;

/** How a model file is read. */
export interface ImportChoices {
  /** Weights without a configuration are matched and not written; the result has `onto`. */
  readonly matchOnly?: boolean;
  /** The state of the file's optimizer is taken too, where it can be read. */
  readonly optimizerState?: boolean;
}

/**
 * Reads a model file of another program, or the model of another project. The weights go into a project's `artifacts`
 * folder.
 *
 * @param path Absolute.
 * @param part Of another project; undefined: its model.
 * @param onto The project's model, for weights without a configuration.
 * @throws AppError 'model-file/…', 'keras/…', 'model/invalid', as `importFromProject`; nothing is written then.
 */
export async function importModel(
  path: string,
  part: ImportPart | undefined,
  artifacts: string,
  onto: ModelDocument | null,
  options: CallOptions<RequestProgress> & ImportChoices = {},
): Promise<ImportedModel> {
  if (part !== undefined || (await isProjectFolder(path))) {
    return importFromProject(path, part ?? { run: null }, artifacts, options);
  }
  const imported = await importModelFile(path, artifacts, onto, options);
  const { document, report } = imported;
  const origin = { kind: 'file', name: report.file } as const;
  const isWritten = options.matchOnly !== true || report.matches === null;
  const kept =
    document.weights === undefined || !isWritten ? null : { sha256: document.weights.artifact, origin, spec: null };
  return { ...imported, kept };
}

/** Reads a model file of another program, as `importModel`. */
export function importModelFile(
  path: string,
  artifacts: string,
  onto: ModelDocument | null,
  { matchOnly = false, optimizerState = false, ...options }: CallOptions<RequestProgress> & ImportChoices = {},
): Promise<ImportedModelResult> {
  const program = {
    path: programPath('interchange'),
    environment: () => ({
      ...process.env,
      ...memoryLimitEnvironment(memoryLimit()),
      ...stallLimitEnvironment(STALL_SECONDS),
    }),
    abortGraceMs: ABORT_GRACE_MS,
    ended: (exit: ProgramExit) => readerEnded(path, exit),
  };
  const params = { path, artifacts, onto, matchOnly, optimizerState };
  return callOnce<InterchangeCalls, 'importModel'>(program, 'importModel', params, options);
}

function readerEnded(path: string, exit: ProgramExit): AppError {
  const over = overMemoryLimit(exit);
  if (over !== null || exit.output.includes('heap out of memory')) {
    return new AppError(
      'model-file/too-large',
      `Expected a model that fits in the memory of this machine in '${path}'; reading it needed more and was stopped. Close other programs, or use a machine with more memory.`,
      { path },
    );
  }
  const stalled = overStallLimit(exit);
  if (stalled !== null) {
    return new AppError(
      'model-file/damaged',
      `Reading '${path}' was stopped: ${stalled} seconds of computing gave no result. The file is probably damaged: copy it again.`,
      { path },
    );
  }
  return new AppError(
    'model-file/damaged',
    `Reading '${path}' ended unexpectedly: ${describeExit(exit)}. The file is probably damaged: copy it again.`,
    { path },
  );
}
