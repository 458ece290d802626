import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { ProjectPlace, RequestResult } from '../../../src-shared/contract/contract.ts';
import { PROJECT_FILE } from '../../../src-shared/project/project-document.ts';
import { makePrivateFolder } from '../../system/private-files.ts';
import { readRegularFile } from '../../system/regular-file.ts';
import { sweepLeftovers } from '../../system/temporary-name.ts';
import { exampleFolders } from './default-project.ts';
import { listFolder } from './file-listing.ts';
import { atomicWrite, temporaryPrefix } from '../../system/atomic-write.ts';

const MOST = 8;
const foldersSchema = z.array(z.string());

/** Projects that can be opened by name: those opened before, kept with the user's preferences, and the examples. */
export class ProjectPlaces {
  readonly #configFolder: string;
  readonly #path: string;
  #queue: Promise<void> = Promise.resolve();

  constructor(configFolder: string) {
    this.#configFolder = configFolder;
    this.#path = join(configFolder, 'recent-projects.json');
  }

  /** A list that cannot be written is not worth an error: the project is open all the same. */
  remember(folder: string): void {
    this.#queue = this.#queue.then(async () => {
      const others = (await this.#folders()).filter((other) => other !== folder);
      const text = `${JSON.stringify([folder, ...others].slice(0, MOST), null, 2)}\n`;
      await makePrivateFolder(this.#configFolder)
        .then(() => this.#sweep())
        .then(() => atomicWrite(this.#path, text))
        .catch(() => {});
    });
  }

  /** Settings that were being written when their process was killed. */
  async #sweep(): Promise<void> {
    for (const name of ['recent-projects.json', 'preferences.json', 'browser-ports.json']) {
      await sweepLeftovers(this.#configFolder, temporaryPrefix(name));
    }
  }

  async list(): Promise<RequestResult<'project.places'>> {
    await this.#queue;
    const [recent, examples] = await Promise.all([this.#folders(), exampleFolders()]);
    return { recent: await known(recent), examples: await known(examples) };
  }

  /** Waits until what is remembered is written. */
  close(): Promise<void> {
    return this.#queue;
  }

  /** A missing or damaged list is an empty one. */
  async #folders(): Promise<string[]> {
    try {
      return foldersSchema.parse(JSON.parse(await readFile(this.#path, 'utf8')));
    } catch {
      return [];
    }
  }
}

/** Those of the folders that are projects now. */
async function known(folders: readonly string[]): Promise<ProjectPlace[]> {
  const places = await Promise.all(
    folders.map(async (folder) => {
      const listing = await listFolder(folder, folder).catch(() => null);
      return listing?.isProject === true ? { folder, name: await nameOf(folder) } : null;
    }),
  );
  return places.filter((place) => place !== null);
}

/** As its project document calls it, else as its folder is called. */
async function nameOf(folder: string): Promise<string> {
  try {
    const document: unknown = JSON.parse(await readRegularFile(join(folder, PROJECT_FILE)));
    return z.object({ name: z.string().min(1) }).parse(document).name;
  } catch {
    return basename(folder);
  }
}
