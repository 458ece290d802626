import { SvelteMap } from 'svelte/reactivity';
import { AppError } from '../../src-shared/errors/app-error.ts';

/** What core answered last. */
export interface Answer<Value> {
  /** The last value, also while core is asked again; null: none yet. */
  readonly value: Value | null;
  /** Why the last question was not answered; null: it was. */
  readonly error: AppError | null;
}

interface Entry<Value> extends Answer<Value> {
  /** Core has changed it since. */
  readonly stale: boolean;
}

const NO_ANSWER: Answer<never> = { value: null, error: null };

/** More than a window shows together. */
const MOST_ENTRIES = 50;

/**
 * Answers of core by key. Core is asked once for all that show an answer, and again when it is shown and has
 * become stale.
 */
export class Answers<Value> {
  readonly #ask: (key: string) => Promise<Value>;
  readonly #entries = new SvelteMap<string, Entry<Value>>();
  /** Questions under way; their answers count only while they are here. */
  readonly #asked = new Map<string, Promise<Value>>();
  /** Keys that became stale while core was asked. */
  readonly #outdated = new Set<string>();

  constructor(ask: (key: string) => Promise<Value>) {
    this.#ask = ask;
  }

  /** The newest known answer. Reactive; asks core if it is unknown or stale. */
  of(key: string): Answer<Value> {
    const entry = this.#entries.get(key);
    // Later: a derived value must not change state.
    if (entry === undefined || entry.stale) queueMicrotask(() => void this.get(key).catch(() => {}));
    return entry ?? NO_ANSWER;
  }

  /** The answer, from core where it is unknown or stale. @throws AppError of the request. */
  get(key: string): Promise<Value> {
    const entry = this.#entries.get(key);
    if (entry !== undefined && !entry.stale && entry.value !== null) return Promise.resolve(entry.value);
    const under = this.#asked.get(key);
    if (under !== undefined) return under;
    const asked = this.#ask(key).then(
      (value) => {
        this.#take(key, asked, { value, error: null });
        return value;
      },
      (thrown: unknown) => {
        const error = AppError.from(thrown);
        this.#take(key, asked, { value: null, error });
        throw error;
      },
    );
    this.#asked.set(key, asked);
    return asked;
  }

  /** Core has changed what the answer is about. @param key Absent: all, after the connection was lost. */
  expire(key?: string): void {
    for (const each of key === undefined ? [...this.#entries.keys(), ...this.#asked.keys()] : [key]) {
      if (this.#asked.has(each)) this.#outdated.add(each);
      const entry = this.#entries.get(each);
      if (entry !== undefined) this.#entries.set(each, { ...entry, stale: true });
    }
  }

  /** What it is about is gone. */
  remove(key: string): void {
    this.#asked.delete(key);
    this.#outdated.delete(key);
    this.#entries.delete(key);
  }

  #take(key: string, asked: Promise<Value>, answer: Answer<Value>): void {
    if (this.#asked.get(key) !== asked) return;
    this.#asked.delete(key);
    this.#entries.set(key, { ...answer, stale: this.#outdated.delete(key) });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
  }
}
