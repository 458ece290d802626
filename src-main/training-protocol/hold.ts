/** Core asks a training to wait while what it tells cannot be recorded. */
export class Hold {
  #released: PromiseWithResolvers<void> | null = null;

  begin(): void {
    this.#released ??= Promise.withResolvers<void>();
  }

  end(): void {
    this.#released?.resolve();
    this.#released = null;
  }

  /** Resolves when it is over, or at the signal. */
  async over(signal: AbortSignal): Promise<void> {
    if (this.#released === null || signal.aborted) return;
    const aborted = Promise.withResolvers<void>();
    const abort = (): void => aborted.resolve();
    signal.addEventListener('abort', abort, { once: true });
    await Promise.race([this.#released.promise, aborted.promise]);
    signal.removeEventListener('abort', abort);
  }
}
