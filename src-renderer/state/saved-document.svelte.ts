import { AppError } from '../../src-shared/errors/app-error.ts';
import type { EditingRules } from './project-store.svelte.ts';

/** Edits reach the disk this long after the first of them, however many follow. */
const SAVE_DELAY_MS = 400;
const RETRY_DELAY_MS = 3_000;

export type SaveState = 'saved' | 'waiting' | 'saving' | 'failed' | 'conflict';

interface Storage<Value> {
  /** @throws AppError `project/changed-elsewhere` where `baseRevision` is not the newest. */
  save(value: Value, baseRevision: number): Promise<{ revision: number; setAside: readonly string[] }>;
  load(): Promise<{ value: Value; revision: number }>;
  /** Called when a value was read from the disk. */
  onLoaded?(value: Value): void;
}

const FREE: EditingRules = { mayEdit: () => true, keptAside: () => {} };

/**
 * A document that is edited here and saved automatically.
 *
 *   saved ──edit──▶ waiting ──400 ms──▶ saving ──▶ saved
 *                      ▲                  ├──▶ failed ──3 s──▶ saving
 *                      └────── edit ──────┤
 *                                         └──▶ conflict ──keepMine / loadTheirs──▶ saved
 */
export class SavedDocument<Value> {
  value: Value = $state.raw() as Value;
  state: SaveState = $state('saved');
  error: AppError | null = $state.raw(null);

  #revision: number;
  #dirty = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;
  /** Newest revision that core reported. */
  #announced = 0;
  readonly #storage: Storage<Value>;
  readonly #rules: EditingRules;

  constructor(value: Value, revision: number, storage: Storage<Value>, rules: EditingRules = FREE) {
    this.value = value;
    this.#revision = revision;
    this.#storage = storage;
    this.#rules = rules;
  }

  /** True where something here is not on the disk yet. */
  get unsaved(): boolean {
    return this.state !== 'saved';
  }

  /**
   * Puts a new value and saves it soon.
   * @returns False where nothing may be changed: the value stays.
   */
  set(value: Value): boolean {
    if (!this.#rules.mayEdit()) return false;
    this.value = value;
    this.#dirty = true;
    if (this.state === 'conflict') return true;
    if (this.#running === null) this.state = 'waiting';
    this.#timer ??= setTimeout(() => void this.flush(), SAVE_DELAY_MS);
    return true;
  }

  /** Saves what is unsaved now; resolves when the disk has it, or the try failed. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#running !== null) await this.#running;
    if (!this.#dirty || this.state === 'conflict') return;
    this.#running = this.#save();
    await this.#running;
  }

  /** Replaces the value by that on the disk; unsaved edits are lost. */
  adopt(value: Value, revision: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dirty = false;
    this.#revision = revision;
    this.value = value;
    this.error = null;
    this.state = 'saved';
    this.#storage.onLoaded?.(value);
  }

  /** Core says that the document changed: by our own save, or elsewhere. */
  async changed(revision: number): Promise<void> {
    this.#announced = Math.max(this.#announced, revision);
    if (this.#running !== null) await this.#running;
    if (this.#announced <= this.#revision) return;
    if (this.#dirty) this.#conflict();
    else await this.loadTheirs();
  }

  /** Ends a conflict: what was saved elsewhere replaces what is here. */
  async loadTheirs(): Promise<void> {
    const { value, revision } = await this.#storage.load();
    this.adopt(value, revision);
  }

  /** Ends a conflict: what is here replaces what was saved elsewhere. */
  async keepMine(): Promise<void> {
    const { revision } = await this.#storage.load();
    this.#revision = revision;
    this.#dirty = true;
    this.state = 'waiting';
    await this.flush();
  }

  async #save(): Promise<void> {
    this.state = 'saving';
    this.#dirty = false;
    try {
      const { revision, setAside } = await this.#storage.save(this.value, this.#revision);
      this.#revision = revision;
      this.#rules.keptAside(setAside);
      this.error = null;
      this.state = this.#dirty ? 'waiting' : 'saved';
    } catch (thrown) {
      this.#dirty = true;
      const error = AppError.from(thrown);
      if (error.code === 'project/changed-elsewhere') this.#conflict();
      else {
        this.error = error;
        this.state = 'failed';
        this.#timer ??= setTimeout(() => void this.flush(), RETRY_DELAY_MS);
      }
    } finally {
      this.#running = null;
    }
  }

  #conflict(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.state = 'conflict';
  }
}
