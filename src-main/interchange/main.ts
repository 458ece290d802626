import { answerCalls } from '../processes/answer-calls.ts';
import { enforceMemoryLimit } from '../processes/memory-limit.ts';
import { enforceStallLimit } from '../processes/stall-limit.ts';
import type { InterchangeCalls } from './calls.ts';
import { importModel } from './import-model.ts';

/**
 * Reads model files of other programs. It is a separate process, because HDF5 blocks the event loop, a damaged file can
 * crash it, and its memory is released only at its end.
 */
enforceMemoryLimit();
enforceStallLimit();

answerCalls<InterchangeCalls>({ importModel });

process.on('disconnect', () => process.exit(0));
