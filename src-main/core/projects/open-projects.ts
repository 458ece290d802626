import { resolve } from 'node:path';
import type { Emit } from '../../../src-shared/contract/dispatcher.ts';
import { absolutePath } from '../../system/home-path.ts';
import type { TrainingQueue } from '../training/training-queue.ts';
import { ProjectSession } from './project-session.ts';

const SETTLE_MS = 1_000;

/**
 * The project that all windows of this core show. When another one is opened while runs train or wait, the previous project
 * stays open in the background until they have ended.
 */
export class OpenProjects {
  readonly #queue: TrainingQueue;
  readonly #emit: Emit;
  readonly #background = new Set<ProjectSession>();
  #folder: string;
  #current: ProjectSession | null = null;
  #opening: Promise<ProjectSession>;

  /** Starts opening; `current` rejects if it fails. */
  constructor(folder: string, create: boolean, queue: TrainingQueue, emit: Emit) {
    this.#queue = queue;
    this.#emit = emit;
    this.#folder = resolve(folder);
    this.#opening = this.#start(this.#folder, create);
    this.#opening.catch(() => {});
  }

  /** Folder of the open project, also while it cannot be opened. */
  get folder(): string {
    return this.#folder;
  }

  /** @throws AppError 'project/…' if the folder cannot be opened. */
  current(): Promise<ProjectSession> {
    return this.#opening;
  }

  /**
   * Opens another project; if that fails or is aborted, the current one stays open.
   * @returns `changed`: false if it was open already.
   */
  async open(
    folder: string,
    create: boolean,
    signal?: AbortSignal,
  ): Promise<{ session: ProjectSession; changed: boolean }> {
    const path = absolutePath(folder, this.#folder);
    const present = await this.#opening.catch(() => null);
    if (present?.folder === path) return { session: present, changed: false };
    signal?.throwIfAborted();
    const session = await this.#start(path, create, signal);
    this.#opening = Promise.resolve(session);
    this.#folder = session.folder;
    if (present?.isTraining()) this.#background.add(present);
    else await present?.close();
    return { session, changed: true };
  }

  async close(): Promise<void> {
    const present = await this.#opening.catch(() => null);
    const sessions = [...this.#background, ...(present === null ? [] : [present])];
    await Promise.all(sessions.map((session) => session.close()));
  }

  async #start(path: string, create: boolean, signal?: AbortSignal): Promise<ProjectSession> {
    const known = [...this.#background].find((session) => session.folder === path);
    const session = known ?? (await this.#openSession(path, create));
    if (signal?.aborted === true) {
      if (known === undefined) await session.close();
      throw signal.reason;
    }
    this.#background.delete(session);
    this.#current = session;
    return session;
  }

  async #openSession(path: string, create: boolean): Promise<ProjectSession> {
    let session: ProjectSession | null = null;
    const emit: Emit = (name, payload, except) => {
      if (session === null || session === this.#current) this.#emit(name, payload, except);
      // Later: the store is still writing what belongs to this event.
      else if (name === 'run.changed') setTimeout(() => this.#closeIfIdle(session), SETTLE_MS).unref();
    };
    session = await ProjectSession.open(path, { create, watch: true, queue: this.#queue }, emit);
    return session;
  }

  #closeIfIdle(session: ProjectSession | null): void {
    if (session === null || session.isTraining() || !this.#background.delete(session)) return;
    void session.close().catch(() => {});
  }
}
