import { answerCalls } from '../processes/answer-calls.ts';
import { enforceMemoryLimit } from '../processes/memory-limit.ts';
import type { InterchangeCalls } from './calls.ts';
import { importModel } from './import-model.ts';

/**
 * Reads model files of other programs. In a process of its own, because HDF5 reads without pause, damaged files can end
 * it, and its memory is freed when it ends.
 */
enforceMemoryLimit();

answerCalls<InterchangeCalls>({ importModel });

process.on('disconnect', () => process.exit(0));
