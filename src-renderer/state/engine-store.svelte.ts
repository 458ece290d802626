import { AppError } from '../../src-shared/errors/app-error.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { EngineStatus, EventPayload } from '../../src-shared/contract/contract.ts';

export type InstallProgress = EventPayload<'engines.installProgress'>;

/** The engines of this machine, which one is used and why. */
export class EngineStore {
  /** Empty while it is not known yet. */
  list: readonly EngineStatus[] = $state.raw([]);
  installing: InstallProgress | null = $state.raw(null);
  readonly preferred: EngineStatus | null = $derived(
    this.list.find((engine) => engine.preferred && engine.state === 'ready') ?? null,
  );
  error: AppError | null = $state.raw(null);

  readonly #client: LaminaClient;
  readonly #stops: (() => void)[];

  constructor(client: LaminaClient) {
    this.#client = client;
    this.#stops = [
      client.on('engines.changed', ({ engines }) => (this.list = engines)),
      client.on('engines.installProgress', (progress) => (this.installing = progress.done ? null : progress)),
    ];
  }

  dispose(): void {
    for (const stop of this.#stops) stop();
  }

  async refresh(): Promise<void> {
    try {
      this.list = await this.#client.request('engines.status', {});
      this.error = null;
    } catch (thrown) {
      this.error = AppError.from(thrown);
    }
  }

  async install(name: EngineStatus['name'], archive?: string): Promise<void> {
    await this.#client.request('engines.install', archive === undefined ? { name } : { name, archive });
  }
}
