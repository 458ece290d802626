import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { encodeSavedModel } from './graph-def.ts';
import type { GraphModel } from './graph-def.ts';

/** Protocol buffers are read with 32-bit signed lengths. */
const LARGEST_MESSAGE_BYTES = 2 ** 31 - 1;

/**
 * Writes `saved_model.pb` into `folder`, making the folder where it is missing.
 *
 * @throws AppError `export/too-large` where the graph with its constants passes 2 GB.
 */
export async function writeSavedModel(folder: string, graph: GraphModel): Promise<void> {
  const message = encodeSavedModel(graph);
  if (message.byteLength > LARGEST_MESSAGE_BYTES) {
    throw new AppError(
      'export/too-large',
      `A SavedModel graph holds at most 2 GB; this one takes ${(message.byteLength / 1e9).toFixed(1)} GB. ` +
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
