import { SvelteMap } from 'svelte/reactivity';
import { AppError } from '../../src-shared/errors/app-error.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { EventPayload, RequestParams, RequestResult } from '../../src-shared/contract/contract.ts';
import type { ModelWeights } from '../../src-shared/document/schema/model-document.ts';
import { sameJson } from '../../src-shared/text/same-json.ts';
import { isApplied, isSettings } from '../../src-shared/training/commands/run-command.ts';
import type {
  RecordedCommand,
  RecordedSettings,
  RunCommand,
  SettingsPatch,
} from '../../src-shared/training/commands/run-command.ts';
import { hasEnded, isActive } from '../../src-shared/training/run/run-state.ts';
import type { CheckpointKind, RunRecord, RunSummary } from '../../src-shared/training/run/run.ts';
import { ResultCache } from './result-cache.ts';
import { RunSeries } from './run-series.svelte.ts';

export type StartOptions = RequestParams<'training.start'>;

export type NewGroup = RequestParams<'training.startGroup'>;

export type RunProgress = EventPayload<'run.progress'>;

/** The run history, the run in progress and the curves that are looked at. */
export class RunsStore {
  /** Newest first. */
  list: readonly RunSummary[] = $state.raw([]);
  loaded = $state(false);
  error: AppError | null = $state.raw(null);
  /** The run that the window looks at; null: the newest. */
  selectedId: string | null = $state(null);
  /** The group whose variants the window compares; null: it looks at a single run. */
  selectedGroupId: string | null = $state(null);
  /** Runs whose curves are compared. */
  comparedIds: readonly string[] = $state.raw([]);
  /** True between the click on Train and core's answer. */
  starting = $state(false);

  /** False if the list is loaded and no run in it has saved weights. */
  readonly hasWeights: boolean = $derived(
    !this.loaded || this.list.some(({ lastCheckpoint }) => lastCheckpoint !== null),
  );
  readonly selected: RunSummary | null = $derived(
    this.list.find((run) => run.id === this.selectedId) ?? this.list[0] ?? null,
  );
  /** The run in progress; of several the selected one, else the newest. */
  readonly active: RunSummary | null = $derived(
    this.list.find((run) => isActive(run.state) && run.id === this.selectedId) ??
      this.list.find((run) => isActive(run.state)) ??
      null,
  );

  /** By run id. Progress of each epoch is in `list` and in the series, not in the record. */
  readonly records: ResultCache<RunRecord>;
  /** Tensors in a file of weights, by its hash. */
  readonly weightShapes: ResultCache<RequestResult<'weights.shapes'>>;
  readonly #client: LaminaClient;
  readonly #stops: (() => void)[];
  /** Commands reported by events; the record may be older. */
  readonly #applied = new SvelteMap<string, readonly RecordedCommand[]>();
  /** Commands that are sent and not yet applied or refused, oldest first. */
  #sent: readonly { readonly runId: string; readonly command: RunCommand }[] = $state.raw([]);
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- no part of the window shows it
  readonly #waiting = new Map<string, readonly ((run: RunSummary | null) => void)[]>();
  readonly #progress = new SvelteMap<string, RunProgress>();
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- created by its first reader; each series is reactive itself
  readonly #series = new Map<string, RunSeries>();
  /** Grows when the curves of a run arrive for the first time. */
  #loads = $state(0);

  constructor(client: LaminaClient) {
    this.#client = client;
    this.records = new ResultCache((runId) => client.request('runs.get', { runId }));
    this.weightShapes = new ResultCache((file) => client.request('weights.shapes', { file }));
    this.#stops = [
      client.on('run.changed', ({ summary }) => this.#put(summary)),
      client.on('run.deleted', ({ runId }) => this.#remove(runId)),
      client.on('run.progress', (event) => {
        this.#progress.set(event.runId, event);
        this.#series.get(event.runId)?.onEvent({ kind: 'progress', event });
      }),
      client.on('run.warning', ({ runId }) => this.records.invalidate(runId)),
      client.on('run.carriedOut', ({ runId }) => this.records.invalidate(runId)),
      client.on('run.command', ({ runId, recorded }) => this.#onApplied(runId, recorded)),
      client.on('run.refused', ({ runId, command }) => {
        // The warning of a run that another program trains comes without an event.
        this.records.invalidate(runId);
        this.#arrived(runId, command);
      }),
      client.on('run.epoch', (event) => this.#series.get(event.runId)?.onEvent({ kind: 'epoch', event })),
    ];
  }

  dispose(): void {
    for (const stop of this.#stops) stop();
    for (const runId of this.#waiting.keys()) this.#release(runId, null);
  }

  /** Reads the list and the open curves again: at the start and after a lost connection. */
  async refresh(): Promise<void> {
    try {
      const runs = await this.#client.request('runs.list', {});
      this.list = runs.toSorted((a, b) => b.number - a.number);
      for (const runId of this.#waiting.keys()) {
        const run = this.get(runId);
        if (run === null || hasEnded(run.state)) this.#release(runId, run);
      }
      this.error = null;
      this.loaded = true;
      this.records.invalidate();
      this.weightShapes.invalidate();
      await Promise.all([...this.#series.values()].map((series) => series.load()));
    } catch (thrown) {
      this.error = AppError.from(thrown);
    }
  }

  get(runId: string): RunSummary | null {
    return this.list.find((run) => run.id === runId) ?? null;
  }

  /** The newest progress of a run in this session; null where there was none. */
  progressOf(runId: string): RunProgress | null {
    return this.#progress.get(runId) ?? null;
  }

  /** The curves of a run; read at the first call, live from then on. */
  seriesOf(runId: string): RunSeries {
    // A derived value does not follow state that was made inside of it: it runs again once the curves are there.
    void this.#loads;
    const known = this.#series.get(runId);
    if (known !== undefined) return known;
    const series = new RunSeries(this.#client, runId);
    this.#series.set(runId, series);
    series.load().then(
      () => (this.#loads += 1),
      (thrown: unknown) => (this.error = AppError.from(thrown)),
    );
    return series;
  }

  /**
   * Starts training and selects the new run, which may have to wait.
   * @throws AppError as core says it: the model has problems, …
   */
  async start(options: StartOptions): Promise<string> {
    this.starting = true;
    try {
      const { runId } = await this.#client.request('training.start', options);
      this.selectedId = runId;
      this.selectedGroupId = null;
      return runId;
    } finally {
      this.starting = false;
    }
  }

  /** Puts the runs of a group on the queue and selects the group. @throws AppError as core says it. */
  async startGroup(group: NewGroup): Promise<void> {
    this.selectedGroupId = (await this.#client.request('training.startGroup', group)).groupId;
  }

  /** Trains the stopped and interrupted runs of a group. @throws AppError. */
  async continueGroup(groupId: string): Promise<void> {
    await this.#client.request('training.continueGroup', { groupId });
  }

  /** Stops all runs of a group. @throws AppError. */
  async stopGroup(groupId: string): Promise<void> {
    await this.#client.request('training.stopGroup', { groupId });
  }

  /** @throws AppError if the run's state does not allow the command. */
  async command(runId: string, command: RunCommand): Promise<void> {
    const sent = { runId, command };
    this.#sent = [...this.#sent, sent];
    try {
      await this.#client.request('runs.command', sent);
    } catch (thrown) {
      this.#sent = this.#sent.filter((other) => other !== sent);
      throw thrown;
    }
  }

  /**
   * Commands that a run has applied, in their order; empty while its record is not read. The record of a run that
   * has phases, or repeats or resumes another one, also has commands that are still to be applied.
   */
  commandsOf(runId: string): readonly RecordedCommand[] {
    const run = this.get(runId);
    if (run === null) return [];
    const recorded = this.records.of(runId).value?.commands ?? [];
    const newest = Math.max(0, ...recorded.map(({ seq }) => seq));
    const newer = (this.#applied.get(runId) ?? []).filter(({ seq }) => seq > newest);
    // `||`: progress, which changes ten times a second, is read only for commands that may not be applied yet.
    return [...recorded, ...newer].filter(
      (command) => isApplied(command, run) || command.step <= (this.progressOf(runId)?.step ?? 0),
    );
  }

  /**
   * Applied changes of settings that a run's configuration and model do not include. Those of a resumed run include
   * the changes of the run that it resumes.
   */
  settingsOf({ id, startStep }: RunRecord): readonly RecordedSettings[] {
    return this.commandsOf(id)
      .filter(isSettings)
      .filter(({ step }) => step >= startStep);
  }

  /** As `settingsOf`, without those of its phases, which the configuration has. */
  editsOf(record: RunRecord): readonly RecordedSettings[] {
    return this.settingsOf(record).filter(({ command }) => command.phase === undefined);
  }

  /** As `settingsOf`, then changes that were sent and are not applied yet. */
  changesOf(record: RunRecord): SettingsPatch[] {
    const sent = this.#sent.filter(({ runId }) => runId === record.id);
    return [...this.settingsOf(record), ...sent].flatMap(({ command }) =>
      command.kind === 'set' ? [command.patch] : [],
    );
  }

  /** The run once it has ended; null if it was deleted, or the window left the project. */
  ended(runId: string): Promise<RunSummary | null> {
    const run = this.get(runId);
    if (run !== null && hasEnded(run.state)) return Promise.resolve(run);
    const waiting = Promise.withResolvers<RunSummary | null>();
    this.#waiting.set(runId, [...(this.#waiting.get(runId) ?? []), waiting.resolve]);
    return waiting.promise;
  }

  async rename(runId: string, name: string): Promise<void> {
    this.#put(await this.#client.request('runs.rename', { runId, name }));
  }

  async delete(runId: string): Promise<void> {
    await this.#client.request('runs.delete', { runId });
    this.#remove(runId);
  }

  /**
   * Keeps the weights of a checkpoint also after the run is deleted.
   * @param over Weights that stay where the run has none of the same name.
   * @returns The reference for a model document.
   */
  keepWeights(runId: string, checkpoint: CheckpointKind, over?: ModelWeights): Promise<ModelWeights> {
    return over === undefined
      ? this.#client.request('runs.keepWeights', { runId, checkpoint })
      : this.#client.request('weights.keepOver', { runId, checkpoint, over });
  }

  #onApplied(runId: string, recorded: RecordedCommand): void {
    this.#applied.set(runId, [...(this.#applied.get(runId) ?? []), recorded]);
    this.#arrived(runId, recorded.command);
  }

  /** A command was applied or refused. */
  #arrived(runId: string, command: RunCommand): void {
    const index = this.#sent.findIndex((sent) => sent.runId === runId && sameJson(sent.command, command));
    if (index >= 0) this.#sent = this.#sent.toSpliced(index, 1);
  }

  #put(summary: RunSummary): void {
    const before = this.get(summary.id);
    if (before !== null && recorded(before) !== recorded(summary)) this.records.invalidate(summary.id);
    // A run that has ended applies no more commands.
    if (hasEnded(summary.state)) this.#sent = this.#sent.filter(({ runId }) => runId !== summary.id);
    const others = this.list.filter((run) => run.id !== summary.id);
    this.list = [...others, summary].sort((a, b) => b.number - a.number);
    if (hasEnded(summary.state)) this.#release(summary.id, summary);
  }

  #remove(runId: string): void {
    this.list = this.list.filter((run) => run.id !== runId);
    this.#progress.delete(runId);
    this.#applied.delete(runId);
    this.records.remove(runId);
    this.#series.delete(runId);
    if (this.selectedId === runId) this.selectedId = null;
    this.#release(runId, null);
  }

  #release(runId: string, run: RunSummary | null): void {
    const waiting = this.#waiting.get(runId) ?? [];
    this.#waiting.delete(runId);
    for (const resolve of waiting) resolve(run);
  }
}

/** Parts of a summary that change the record; progress does not. */
function recorded({ name, state, engine, test }: RunSummary): string {
  return JSON.stringify([name, state, engine, test]);
}
