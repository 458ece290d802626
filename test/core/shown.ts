import { expect } from 'vitest';
import type { RunStore } from '../../src-main/runs/store.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { EventPayload } from '../../src-shared/contract/contract.ts';
import type { Series } from '../../src-shared/contract/run-results.ts';

/** What a window has received of trainings. */
export class Shown {
  readonly #progress: EventPayload<'run.progress'>[] = [];
  readonly #epochs: EventPayload<'run.epoch'>[] = [];
  readonly #summaries: EventPayload<'run.changed'>['summary'][] = [];
  readonly #warnings: EventPayload<'run.warning'>[] = [];
  readonly #commands: EventPayload<'run.command'>[] = [];
  readonly #refused: EventPayload<'run.refused'>[] = [];
  readonly #series: (Series & { runId: string })[] = [];

  constructor(window: LaminaClient) {
    window.on('run.progress', (event) => this.#progress.push(event));
    window.on('run.epoch', (event) => this.#epochs.push(event));
    window.on('run.warning', (event) => this.#warnings.push(event));
    window.on('run.command', (event) => this.#commands.push(event));
    window.on('run.refused', (event) => this.#refused.push(event));
    window.on('run.changed', ({ summary }) => this.#summaries.push(summary));
  }

  addSeries(runId: string, series: Series): void {
    this.#series.push({ runId, ...series });
  }

  /** Expects every loss, epoch, step, checkpoint, command, refusal and warning of a run that was shown in its record. */
  expectRecorded(store: RunStore, runId: string): void {
    const of = <Event extends { runId: string }>(events: Event[]) => events.filter((event) => event.runId === runId);
    const recorded = store.series(runId, 10_000_000);
    const losses = new Map(recorded.points);
    const points = [...of(this.#progress), ...of(this.#series)].flatMap((shown) => shown.points);
    expect(points.filter(([step, loss]) => losses.get(step) !== loss)).toHaveLength(0);
    const epochs = [
      ...of(this.#epochs).map(({ record }) => record),
      ...of(this.#series).flatMap((each) => each.epochs),
    ];
    expect(recorded.epochs).toEqual(expect.arrayContaining(epochs));
    const summaries = this.#summaries.filter(({ id }) => id === runId);
    const steps = [...of(this.#progress).map(({ step }) => step), ...summaries.map(({ stepsDone }) => stepsDone)];
    const { stepsDone, epochsDone, lastCheckpoint } = store.summary(runId);
    expect(stepsDone).toBeGreaterThanOrEqual(Math.max(0, ...steps));
    expect(epochsDone).toBeGreaterThanOrEqual(Math.max(0, ...summaries.map((each) => each.epochsDone)));
    const checkpoints = summaries.map((each) => each.lastCheckpoint?.step ?? -1);
    expect(lastCheckpoint?.step ?? -1).toBeGreaterThanOrEqual(Math.max(-1, ...checkpoints));
    const commands = of(this.#commands).map(({ recorded: command }) => command);
    expect(store.get(runId).commands).toEqual(expect.arrayContaining(commands));
    const refused = of(this.#refused).map(({ command }) => command);
    expect(store.refusals(runId).map(({ command }) => command)).toEqual(expect.arrayContaining(refused));
    const lines = store.logLines(runId).map(({ message }) => message);
    expect(lines).toEqual(expect.arrayContaining(of(this.#warnings).map(({ message }) => message)));
  }
}
