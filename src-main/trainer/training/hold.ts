/** Pauses training while core cannot record its updates. */
export class Hold {
  #released: PromiseWithResolvers<void> | null = null;

  begin(): void {
    this.#released ??= Promise.withResolvers<void>();
  }

  end(): void {
    this.#released?.resolve();
    this.#released = null;
  }

  /** Resolves when the hold ends or the signal aborts. */
  async over(signal: AbortSignal): Promise<void> {
    if (this.#released === null || signal.aborted) return;
    const aborted = Promise.withResolvers<void>();
    const abort = (): void => aborted.resolve();
    signal.addEventListener('abort', abort, { once: true });
    await Promise.race([this.#released.promise, aborted.promise]);
    signal.removeEventListener('abort', abort);
  }
}
