import { resolve } from 'node:path';
import type { Emit } from './emit.ts';
import { ProjectSession } from './project-session.ts';

/** The project all windows of this core show, and how it is exchanged for another. */
export class OpenProjects {
  readonly #emit: Emit;
  #folder: string;
  #session: Promise<ProjectSession>;

  /** Starts opening; what goes wrong is told by `current`. */
  constructor(folder: string, create: boolean, emit: Emit) {
    this.#emit = emit;
    this.#folder = resolve(folder);
    this.#session = ProjectSession.open(folder, { create, watch: true }, emit);
    this.#session.catch(() => {});
  }

  /** Folder of the open project, also while it cannot be opened. */
  get folder(): string {
    return this.#folder;
  }

  /** @throws AppError 'project/…' where the folder could not be opened. */
  current(): Promise<ProjectSession> {
    return this.#session;
  }

  /** Opens another project; the present one stays where that fails. */
  async open(folder: string, create: boolean): Promise<ProjectSession> {
    const previous = this.#session;
    const path = resolve(this.#folder, folder);
    const session = await ProjectSession.open(path, { create, watch: true }, this.#emit);
    this.#session = Promise.resolve(session);
    this.#folder = session.folder;
    await previous.then((old) => old.close()).catch(() => {});
    return session;
  }

  async close(): Promise<void> {
    await this.#session.then((session) => session.close()).catch(() => {});
  }
}
