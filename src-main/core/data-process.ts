import { AppError } from '../../src-shared/errors/app-error.ts';
import type { DataCalls } from '../data/calls.ts';
import { ProgramCalls } from '../processes/program-calls.ts';
import { describeExit, mayLackMemory } from '../processes/program-process.ts';
import type { ProgramExit } from '../processes/program-process.ts';
import { programPath } from '../programs.ts';

/** An idle process ends, so that the memory of a large file is freed. */
const IDLE_MS = 30_000;

/** Calls to the data process. */
export class DataProcess extends ProgramCalls<DataCalls> {
  constructor(idleMs = IDLE_MS) {
    super({ path: programPath('data'), idleMs, ended: readerEnded });
  }
}

function readerEnded(exit: ProgramExit): AppError {
  const remedy = mayLackMemory(exit)
    ? 'If the file is larger than the free memory, use a smaller part of it.'
    : 'Try again; if it happens again, look for damage in the file.';
  return new AppError('dataset/reader-ended', `Reading the data ended unexpectedly: ${describeExit(exit)}. ${remedy}`);
}
