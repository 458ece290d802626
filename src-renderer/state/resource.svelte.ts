import { AppError } from '../../src-shared/errors/app-error.ts';

/**
 * Something that core is asked for, again whenever what it depends on changes.
 * Only the newest answer counts; the last value stays visible while the next one comes.
 */
export class Resource<Value> {
  value: Value | null = $state.raw(null);
  error: AppError | null = $state.raw(null);
  loading = $state(false);
  /** Subject of the value or error, as passed to `load`; a result for another subject must not look current. */
  about: string | null = $state(null);
  #request = 0;

  /** @returns True where the answer came and is the newest. */
  async load(ask: () => Promise<Value>, about: string | null = null): Promise<boolean> {
    const request = (this.#request += 1);
    this.loading = true;
    try {
      const value = await ask();
      if (request !== this.#request) return false;
      this.value = value;
      this.error = null;
      this.about = about;
      return true;
    } catch (thrown) {
      if (request === this.#request) {
        this.error = AppError.from(thrown);
        this.value = null;
        this.about = about;
      }
      return false;
    } finally {
      if (request === this.#request) this.loading = false;
    }
  }

  /** Forgets the value; answers under way no longer count. */
  clear(): void {
    this.#request += 1;
    this.value = null;
    this.error = null;
    this.about = null;
    this.loading = false;
  }
}
