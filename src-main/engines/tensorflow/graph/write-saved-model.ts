import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { encodeSavedModel } from './graph-def.ts';
import type { GraphModel } from './graph-def.ts';

/** Readers of protocol buffers use signed 32-bit lengths. */
const LARGEST_MESSAGE_BYTES = 2 ** 31 - 1;

/**
 * Writes `saved_model.pb` to `folder`, which is created if necessary.
 *
 * @throws AppError `export/too-large` if the graph with its constants exceeds 2 GB.
 */
export async function writeSavedModel(folder: string, graph: GraphModel): Promise<void> {
  const message = encodeSavedModel(graph);
  if (message.byteLength > LARGEST_MESSAGE_BYTES) {
    throw new AppError(
      'export/too-large',
      `Expected a SavedModel graph of at most 2 GB; received ${(message.byteLength / 1e9).toFixed(1)} GB. ` +
        'Export a smaller model.',
      { sizeBytes: message.byteLength },
    );
  }
  await mkdir(folder, { recursive: true });
  const file = await open(join(folder, 'saved_model.pb'), 'w');
  try {
    for (const chunk of message.chunks()) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}
