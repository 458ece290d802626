import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Error code for a pipe, a device or a socket instead of a file. */
export const NOT_A_FILE = 'ENOTFILE';

/**
 * Reads a text file. Rejects a pipe: reading one would block a thread until another process writes to it.
 * @throws Node's error; one with the code `NOT_A_FILE`.
 */
export async function readRegularFile(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const status = await file.stat();
    if (!status.isFile() && !status.isDirectory()) {
      const message = 'it is a pipe or a device where a file is expected';
      throw Object.assign(new Error(message), { code: NOT_A_FILE, path });
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
