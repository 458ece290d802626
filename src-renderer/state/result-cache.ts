import { SvelteMap } from 'svelte/reactivity';
import { AppError } from '../../src-shared/errors/app-error.ts';

export interface CachedResult<Value> {
  /** The last result, kept while a new one is requested; null: none yet. */
  readonly value: Value | null;
  /** Error of the last request; null: none. */
  readonly error: AppError | null;
}

interface Entry<Value> extends CachedResult<Value> {
  readonly stale: boolean;
}

const EMPTY: CachedResult<never> = { value: null, error: null };

/** More than the window shows at once. */
const MAX_ENTRIES = 50;

/**
 * Results of one request to core, by key. Core is asked once for all readers, and again when a stale result is read.
 */
export class ResultCache<Value> {
  readonly #request: (key: string) => Promise<Value>;
  readonly #entries = new SvelteMap<string, Entry<Value>>();
  /** Requests without a result yet. The result of a request that is not in here is dropped. */
  readonly #pending = new Map<string, Promise<Value>>();
  /** Keys that became stale while their request was pending. */
  readonly #outdated = new Set<string>();

  constructor(request: (key: string) => Promise<Value>) {
    this.#request = request;
  }

  /** The result so far. Reactive; requests it if it is unknown or stale. */
  of(key: string): CachedResult<Value> {
    const entry = this.#entries.get(key);
    // In a microtask: a derived value must not change state.
    if (entry === undefined || entry.stale) queueMicrotask(() => void this.get(key).catch(() => {}));
    return entry ?? EMPTY;
  }

  /** The result; requests it if it is unknown or stale. @throws AppError of the request. */
  get(key: string): Promise<Value> {
    const entry = this.#entries.get(key);
    if (entry !== undefined && !entry.stale && entry.value !== null) return Promise.resolve(entry.value);
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const requested = this.#request(key).then(
      (value) => {
        this.#store(key, requested, { value, error: null });
        return value;
      },
      (thrown: unknown) => {
        const error = AppError.from(thrown);
        this.#store(key, requested, { value: null, error });
        throw error;
      },
    );
    this.#pending.set(key, requested);
    return requested;
  }

  /** Marks a result as stale. @param key Absent: all. */
  invalidate(key?: string): void {
    for (const each of key === undefined ? [...this.#entries.keys(), ...this.#pending.keys()] : [key]) {
      if (this.#pending.has(each)) this.#outdated.add(each);
      const entry = this.#entries.get(each);
      if (entry !== undefined) this.#entries.set(each, { ...entry, stale: true });
    }
  }

  remove(key: string): void {
    this.#pending.delete(key);
    this.#outdated.delete(key);
    this.#entries.delete(key);
  }

  #store(key: string, requested: Promise<Value>, result: CachedResult<Value>): void {
    if (this.#pending.get(key) !== requested) return;
    this.#pending.delete(key);
    this.#entries.set(key, { ...result, stale: this.#outdated.delete(key) });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
  }
}
