import type { Emit } from '../../../../src-shared/contract/dispatcher.ts';
import type { EventPayload } from '../../../../src-shared/contract/contract.ts';
import type { ModelBlock } from '../../../../src-shared/document/schema/model-document.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import type { RunCommand } from '../../../../src-shared/training/commands/run-command.ts';
import type { QueuedRun } from '../../../../src-shared/training/run/run-queue.ts';
import { hasEnded, isActive } from '../../../../src-shared/training/run/run-state.ts';
import type { RunState } from '../../../../src-shared/training/run/run-state.ts';
import type { RunRecord, RunSummary } from '../../../../src-shared/training/run/run.ts';
import { weightsOf } from '../../../../src-shared/training/run/run-weights.ts';
import type { ProjectSession, RunOverrides } from '../../../core/projects/project-session.ts';
import type { RequestedRun } from '../../../core/training/plan-run.ts';
import type { TrainingSupervisor } from '../../../core/training/supervisor.ts';
import type { TrainingReport } from '../terminal/training-report.ts';
import { EXIT } from './command.ts';
import { withProject } from './open-project.ts';
import { onPauseSignal, onStopSignal } from './stop-signal.ts';

type RunEvent =
  | { name: 'run.progress'; payload: EventPayload<'run.progress'> }
  | { name: 'run.epoch'; payload: EventPayload<'run.epoch'> }
  | { name: 'run.warning'; payload: EventPayload<'run.warning'> }
  | { name: 'run.command'; payload: EventPayload<'run.command'> };

/** A run that has ended. */
export interface TrainedHere {
  readonly record: RunRecord;
  /** The exit status that follows from its final state. */
  readonly status: number;
}

/** Trains a run, reports its progress and obeys signals. */
export type TrainHere = (request: RequestedRun, overrides: RunOverrides) => Promise<TrainedHere>;

/** As `TrainHere`, for all runs of a group: a signal stops them all. @param start Puts them on the queue. */
export type TrainGroupHere = (start: () => Promise<readonly RunSummary[]>) => Promise<TrainedHere[]>;

/**
 * Opens a project for an action that trains runs one after the other.
 *
 * @returns The action's exit status.
 */
export function withTraining(
  folder: string,
  report: TrainingReport,
  action: (session: ProjectSession, train: TrainHere, trainGroup: TrainGroupHere) => Promise<number>,
): Promise<number> {
  let run: RunSummary | null = null;
  let blocks: readonly ModelBlock[] = [];
  let epochs = 0;
  const onEvent: Emit = (name, payload) => {
    const event = { name, payload } as RunEvent;
    if (event.name === 'run.progress' && event.payload.runId === run?.id) {
      epochs = event.payload.epochs;
      report.progress(event.payload);
    }
    if (event.name === 'run.warning' && event.payload.runId === run?.id) report.warning(event.payload.message);
    if (event.name === 'run.command' && event.payload.runId === run?.id) report.command(event.payload.recorded, blocks);
    if (event.name === 'run.epoch' && event.payload.runId === run?.id) {
      report.epoch(event.payload.record, epochs);
    }
  };
  let queue: readonly QueuedRun[] = [];
  let reported = '';
  const reportQueue = (): void => {
    const index = queue.findIndex(({ runId }) => runId === run?.id);
    const before = queue.slice(0, index).map(({ key, state }) => `${state} ${key}`);
    if (run === null || queue[index]?.state !== 'waiting' || before.join() === reported) return;
    reported = before.join();
    report.queued(run, queue.slice(0, index));
  };
  const onQueue = (changed: readonly QueuedRun[]): void => {
    queue = changed;
    reportQueue();
  };
  const trainAll = async (
    session: ProjectSession,
    start: () => Promise<readonly RunSummary[]>,
    from?: RequestedRun['continueFrom'],
  ): Promise<TrainedHere[]> => {
    const { store, supervisor } = await session.openRuns();
    const abandoned = Promise.withResolvers<void>();
    run = null;
    let runs: readonly RunSummary[] = [];
    const send = (runId: string, command: RunCommand): void => {
      supervisor.command(runId, command).catch((thrown: unknown) => {
        const { code, message } = AppError.from(thrown);
        // It has ended meanwhile.
        if (code !== 'training/not-active') report.warning(message);
      });
    };
    let stops = false;
    const stop = (): void => {
      stops = true;
      // The last ones first: a run that trains is stopped when none waits for its end.
      for (const { id } of runs.toReversed()) {
        if (!hasEnded(store.summary(id).state)) send(id, { kind: 'stop', when: 'now' });
      }
    };
    // Before the run starts: a signal without a handler would end this program, and not its trainer.
    const stopping = onStopSignal(stop, abandoned.resolve);
    const togglesPause = onPauseSignal(() => {
      if (run === null) return;
      const { state } = store.summary(run.id);
      send(run.id, { kind: state === 'pausing' || state === 'paused' ? 'resume' : 'pause' });
    });
    const trained: TrainedHere[] = [];
    try {
      runs = await start();
      if (stops) stop();
      for (const started of runs) {
        run = started;
        reported = '';
        reportQueue();
        if (from !== undefined) {
          const earlier = store.summary(from.runId);
          report.begins({ run: earlier, mode: from.mode, ...weightsOf(earlier, from.checkpoint) });
        }
        const { start: weights, model } = store.get(run.id);
        blocks = model.blocks;
        if (weights.kind === 'weights') report.beginsWith(weights);
        await Promise.race([supervisor.ended(run.id), abandoned.promise]);
        if (isActive(store.summary(run.id).state)) await killed(supervisor, run.id);
        const record = store.get(run.id);
        report.finished(record);
        trained.push({ record, status: exitStatus(record.state, stopping.status) });
      }
    } finally {
      stopping.ignore();
      togglesPause.ignore();
    }
    return trained;
  };
  const open = (session: ProjectSession): Promise<number> => {
    const train: TrainHere = async (request, overrides) => {
      const start = async (): Promise<RunSummary[]> => [await session.train(request, overrides)];
      return (await trainAll(session, start, request.continueFrom))[0]!;
    };
    return action(session, train, (start) => trainAll(session, start));
  };
  return withProject(folder, open, onEvent, onQueue);
}

async function killed(supervisor: TrainingSupervisor, runId: string): Promise<void> {
  supervisor.kill(runId);
  await supervisor.ended(runId);
}

function exitStatus(state: RunState, signalled: number | undefined): number {
  if (state === 'completed') return EXIT.done;
  return signalled ?? (state === 'stopped' ? EXIT.interrupted : EXIT.failed);
}
