import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { Preferences } from '../../src-shared/contract/contract.ts';
import { moved, waitingRuns } from '../../src-shared/training/run/run-queue.ts';
import type { QueuedRun } from '../../src-shared/training/run/run-queue.ts';

/** The runs of this user on this machine that train or wait, of all projects. */
export class QueueStore {
  list: readonly QueuedRun[] = $state.raw([]);
  /** In the order of their start. */
  readonly waiting: readonly QueuedRun[] = $derived(waitingRuns(this.list));
  /** Runs that train at once. */
  runsAtOnce = $state(1);
  /** True if a run that is added now waits. */
  readonly isFull: boolean = $derived(
    this.waiting.length > 0 || this.list.filter(({ state }) => state === 'training').length >= this.runsAtOnce,
  );
  readonly #client: LaminaClient;
  readonly #folder: string;
  readonly #stop: () => void;
  /** Moves that core has not confirmed: lists that it sent before do not have them. */
  #moving: readonly { readonly key: string; readonly before: string | null }[] = [];

  constructor(client: LaminaClient, folder: string, { runsAtOnce }: Pick<Preferences, 'runsAtOnce'>) {
    this.#client = client;
    this.#folder = folder;
    this.runsAtOnce = runsAtOnce;
    this.#stop = client.on('queue.changed', ({ queue }) => {
      const known: readonly QueuedRun[] = queue;
      this.list = this.#moving.reduce((list, { key, before }) => moved(list, key, before), known);
    });
  }

  dispose(): void {
    this.#stop();
  }

  async refresh(): Promise<void> {
    this.list = await this.#client.request('queue.list', {});
  }

  isOfProject({ folder }: QueuedRun): boolean {
    return folder === this.#folder;
  }

  /** 1-based position of a run of this project among those that wait; null: it does not wait. */
  positionOf(runId: string): number | null {
    const index = this.waiting.findIndex((run) => run.runId === runId && this.isOfProject(run));
    return index < 0 ? null : index + 1;
  }

  /** Moves a waiting run; shown at once. @param by Positions towards the end. @throws AppError. */
  async move(key: string, by: -1 | 1): Promise<void> {
    const index = this.waiting.findIndex((run) => run.key === key);
    const target = index + by;
    if (index < 0 || target < 0 || target >= this.waiting.length) return;
    const before = this.waiting[by < 0 ? target : target + 1]?.key ?? null;
    this.list = moved(this.list, key, before);
    const move = { key, before };
    this.#moving = [...this.#moving, move];
    try {
      await this.#client.request('queue.move', move);
    } finally {
      this.#moving = this.#moving.filter((other) => other !== move);
    }
  }

  /** Removes a waiting run; it is recorded as stopped. @throws AppError. */
  async remove(key: string): Promise<void> {
    await this.#client.request('queue.remove', { key });
  }

  /** @throws AppError if the preference cannot be saved. */
  async setRunsAtOnce(runsAtOnce: number): Promise<void> {
    this.runsAtOnce = runsAtOnce;
    await this.#client.request('preferences.set', { runsAtOnce });
  }
}
