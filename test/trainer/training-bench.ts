import { describe } from 'vitest';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import { TrainingSupervisor } from '../../src-main/core/training/supervisor.ts';
import type { SupervisedRunOptions } from '../../src-main/core/training/supervised-run.ts';
import type { EventName, EventPayload } from '../../src-shared/contract/contract.ts';
import { events } from '../../src-shared/contract/contract.ts';
import type { EngineName, RunSummary } from '../../src-shared/training/run/run.ts';
import { loadCheckpoint } from '../runs/example-run.ts';
import { portion } from '../support/portion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Recorded = { [Name in EventName]: { name: Name; payload: EventPayload<Name> } }[EventName];

/**
 * Runs the tests on each engine; on TensorFlow only if it is installed. In the portion `quick` each group of tests runs
 * on one engine, which its title decides.
 */
export function describeEngines(title: string, tests: (engine: EngineName) => void): void {
  const isInstalled = findTensorFlow() !== null;
  const one: EngineName = isInstalled && title.length % 2 === 1 ? 'tensorflow' : 'onnx';
  const engines: EngineName[] = portion === 'quick' ? [one] : ['onnx', 'tensorflow'];
  for (const engine of engines) {
    describe.skipIf(engine === 'tensorflow' && !isInstalled)(`${title} on ${engine}`, () => tests(engine));
  }
}

/** A project with store and supervisor, and the emitted events, each validated against the contract. */
export class TrainingBench {
  readonly folder: string;
  readonly store: RunStore;
  readonly supervisor: TrainingSupervisor;
  readonly events: Recorded[] = [];
  /** Called during each event. */
  onEvent: (event: Recorded) => void = () => {};
  readonly #waiting = new Set<(event: Recorded) => void>();

  constructor(options: SupervisedRunOptions = {}, folder = temporaryFolder()) {
    this.folder = folder;
    this.store = RunStore.open(folder);
    this.supervisor = new TrainingSupervisor(
      this.store,
      (name, payload) => {
        const recorded = { name, payload: events[name].parse(payload) } as Recorded;
        this.events.push(recorded);
        this.onEvent(recorded);
        for (const check of this.#waiting) check(recorded);
      },
      options,
    );
  }

  async train(run: NewRun): Promise<RunSummary> {
    return this.supervisor.ended(this.supervisor.start(run).id);
  }

  /** Resolves with the first event, past or future, that `accepts` accepts. */
  async event(accepts: (event: Recorded) => boolean): Promise<Recorded> {
    const past = this.events.find(accepts);
    if (past !== undefined) return past;
    return new Promise((resolve) => {
      const check = (event: Recorded): void => {
        if (!accepts(event)) return;
        this.#waiting.delete(check);
        resolve(event);
      };
      this.#waiting.add(check);
    });
  }

  of<Name extends EventName>(name: Name): EventPayload<Name>[] {
    return this.events.filter((event) => event.name === name).map(({ payload }) => payload as EventPayload<Name>);
  }

  /** All step losses of a run. */
  losses(runId: string): [number, number][] {
    return this.store.series(runId, 1_000_000).points;
  }

  async state(runId: string, kind: 'initial' | 'last' | 'best' = 'last') {
    return (await loadCheckpoint(this.store, runId, kind)).tensors;
  }

  async close(): Promise<void> {
    await this.supervisor.close();
    this.store.close();
  }
}

/** Results of each epoch, without durations. */
export const learned = (bench: TrainingBench, runId: string): unknown[] =>
  bench.store.get(runId).epochRecords.map(({ epoch, metrics }) => ({ epoch, metrics }));
