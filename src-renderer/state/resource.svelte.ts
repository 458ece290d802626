import { onDestroy } from 'svelte';
import type { RequestOptions } from '../../src-shared/contract/client.ts';
import type { RequestProgress } from '../../src-shared/contract/transport.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';

/**
 * The result of a request to core. A new request cancels the previous one; the last value stays until the next arrives.
 */
export class Resource<Value> {
  value: Value | null = $state.raw(null);
  error: AppError | null = $state.raw(null);
  loading = $state(false);
  /** Of the request that is running; null: unknown. */
  progress: RequestProgress | null = $state.raw(null);
  /** The last request was cancelled. */
  cancelled = $state(false);
  /** Subject of the value or error, as passed to `load`; a result for another subject must not look current. */
  about: string | null = $state(null);
  /** Of the newest request. */
  #aborting = new AbortController();

  /**
   * @param ask Passes its argument on to `client.request`.
   * @returns True if the answer arrived and no newer request was made.
   */
  async load(ask: (options: RequestOptions) => Promise<Value>, about: string | null = null): Promise<boolean> {
    const { signal } = this.#begin(true);
    const onProgress = (progress: RequestProgress): void => {
      if (!signal.aborted) this.progress = progress;
    };
    try {
      const value = await ask({ signal, onProgress });
      if (signal.aborted) return false;
      this.value = value;
      this.error = null;
      this.about = about;
      return true;
    } catch (thrown) {
      if (!signal.aborted) {
        this.error = AppError.from(thrown);
        this.value = null;
        this.about = about;
      }
      return false;
    } finally {
      if (!signal.aborted) this.loading = false;
    }
  }

  /** Cancels the request; the last value stays. */
  cancel(): void {
    if (!this.loading) return;
    this.#begin(false);
    this.error = null;
    this.cancelled = true;
  }

  /** Cancels the request and forgets the value. */
  clear(): void {
    this.#begin(false);
    this.value = null;
    this.error = null;
    this.about = null;
  }

  #begin(loading: boolean): AbortController {
    this.#aborting.abort();
    this.loading = loading;
    this.progress = null;
    this.cancelled = false;
    return (this.#aborting = new AbortController());
  }
}

/** A resource of a component; destroying the component cancels its request. */
export function useResource<Value>(): Resource<Value> {
  const resource = new Resource<Value>();
  onDestroy(() => resource.clear());
  return resource;
}
