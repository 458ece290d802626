import { REQUEST_CANCELLED } from '../../../../src-shared/contract/cancelled.ts';
import { adoptedWords, type AdoptedSource } from '../../../../src-shared/data/adopt-source.ts';
import { openRemarks } from '../../../../src-shared/data/remarks.ts';
import type { ModelBlock, ModelWeights } from '../../../../src-shared/document/schema/model-document.ts';
import type { AppError } from '../../../../src-shared/errors/app-error.ts';
import type { EventPayload } from '../../../../src-shared/contract/contract.ts';
import type { RequestProgress } from '../../../../src-shared/contract/transport.ts';
import type { RecordedCommand } from '../../../../src-shared/training/commands/run-command.ts';
import { cachedFeaturesText } from '../../../../src-shared/training/run/cached-features.ts';
import { freezingCounts, freezingText, layerFreezing } from '../../../../src-shared/training/run/freezing-proof.ts';
import type { EpochRecord, RunRecord, RunSummary } from '../../../../src-shared/training/run/run.ts';
import type { QueuedRun } from '../../../../src-shared/training/run/run-queue.ts';
import { weightsText } from '../../../../src-shared/training/run/run-weights.ts';
import type { RunWeights } from '../../../../src-shared/training/run/run-weights.ts';
import {
  describeCommand,
  describeRun,
  describeTestOf,
  flatTest,
  formatDuration,
  formatMetrics,
  formatProgress,
  overallStepsPerSecond,
} from './format.ts';
import type { Output } from './output.ts';

/** Weights of an earlier run, and whether its training is resumed. */
export interface EarlierWeights extends RunWeights {
  readonly run: RunSummary;
  readonly mode: 'resume' | 'weights';
}

/** Reports a training: lines of JSON for scripts, text for people. */
export interface TrainingReport {
  /** Reports progress before there is a run. */
  prepares(progress: RequestProgress): void;
  /** Reports how the settings change when other data replaces the project's. */
  adopts(adopted: AdoptedSource): void;
  /** Reports the weights that the run starts from. */
  begins(earlier: EarlierWeights): void;
  /** Reports the weights that the model names. */
  beginsWith(weights: ModelWeights): void;
  /** Reports that the run waits for runs that train or wait before it. */
  queued(run: RunSummary, before: readonly QueuedRun[]): void;
  progress(progress: EventPayload<'run.progress'>): void;
  epoch(record: EpochRecord, epochs: number): void;
  warning(message: string): void;
  /** A command was applied. @param blocks Of the run's model. */
  command(recorded: RecordedCommand, blocks: readonly ModelBlock[]): void;
  finished(run: RunRecord): void;
  /** The training failed before there was a run. */
  failed(error: AppError): void;
}

/** One object per line: other data, the position in the queue, every warning and epoch, and one at the end in every case. */
export function jsonReport(output: Output): TrainingReport {
  const people = textReport(output);
  let ended = false;
  return {
    prepares: people.prepares,
    adopts(adopted) {
      people.adopts(adopted);
      const { document, ...changes } = adopted;
      output.json({ event: 'source', name: document.name, source: document.source, ...changes });
    },
    begins(earlier) {
      people.begins(earlier);
      const { run, mode, checkpoint, epoch } = earlier;
      output.json({ event: 'begins', from: run.id, mode, checkpoint, epoch });
    },
    beginsWith(weights) {
      people.beginsWith(weights);
      output.json({ event: 'begins', artifact: weights.artifact, label: weights.label });
    },
    queued(run, before) {
      people.queued(run, before);
      output.json({ event: 'queued', runId: run.id, ...countsOf(before) });
    },
    progress: people.progress,
    warning(message) {
      people.warning(message);
      output.json({ event: 'warning', message });
    },
    command(recorded, blocks) {
      people.command(recorded, blocks);
      const { step, epoch, command } = recorded;
      const { kind, ...options } = command;
      output.json({ event: 'command', command: kind, step, epochsDone: epoch, ...options });
    },
    epoch(record, epochs) {
      people.epoch(record, epochs);
      const { epoch, metrics, durationMs, stepsPerSecond } = record;
      output.json({ event: 'epoch', epoch, ...metrics, durationMs, stepsPerSecond });
    },
    finished(run) {
      ended = true;
      output.json({
        event: 'finished',
        runId: run.id,
        state: run.state,
        endedBy: run.endedBy,
        engine: run.engine,
        versions: run.versions,
        stepsPerSecond: overallStepsPerSecond(run.epochRecords),
        test: run.test === null ? null : flatTest(run.test, run),
        freezing: run.freezing === null ? null : freezingCounts(layerFreezing(run.freezing)),
        cachedFeatures: run.cachedFeatures,
        ...(run.error === null ? {} : { error: run.error }),
      });
      if (run.error !== null) output.note(`lamina: ${run.error.message}`);
    },
    failed(error) {
      // Closing the history may fail on a full disk after the run's end was reported.
      if (ended) return;
      people.failed(error);
      output.json({
        event: 'finished',
        runId: null,
        state: 'failed',
        endedBy: null,
        engine: null,
        versions: null,
        stepsPerSecond: null,
        test: null,
        freezing: null,
        cachedFeatures: null,
        error: { code: error.code, message: error.message },
      });
    },
  };
}

/** Progress on stderr; a summary on stdout. */
export function textReport(output: Output): TrainingReport {
  return {
    prepares(progress) {
      output.progress(formatProgress(progress));
    },
    adopts(adopted) {
      output.note(`Data: ${adopted.document.name}. ${adoptedWords(adopted).join(' ')}`);
      for (const { text } of openRemarks(adopted.document)) output.note(text);
    },
    begins({ run, mode, ...weights }) {
      const what = mode === 'resume' ? 'Resumes' : 'Begins with';
      output.note(`${what} ${describeRun(run)}, ${weightsText(weights)}`);
    },
    beginsWith({ label }) {
      output.note(`Begins with ${label}`);
    },
    queued(run, before) {
      const { training, waiting } = countsOf(before);
      const runs = [
        training === 0 ? '' : `${training} ${training === 1 ? 'run trains' : 'runs train'}`,
        waiting === 0 ? '' : `${waiting} ${waiting === 1 ? 'waits' : 'wait'} before it`,
      ];
      output.note(
        `Run ${run.number} is in the queue: ${runs.filter((words) => words !== '').join(', ')}. Ctrl-C removes it from the queue; with --now it does not wait.`,
      );
    },
    progress(progress) {
      output.progress(progressText(progress));
    },
    epoch(record, epochs) {
      const speed = `${Math.round(record.stepsPerSecond).toLocaleString('en')} steps/s`;
      const time = formatDuration(record.durationMs);
      output.note(`epoch ${record.epoch}/${epochs}  ${formatMetrics(record.metrics)}  ${time}  ${speed}`);
    },
    warning(message) {
      output.note(`Warning: ${message}`);
    },
    command(recorded, blocks) {
      output.note(describeCommand(recorded, blocks));
    },
    finished(run) {
      const rate = overallStepsPerSecond(run.epochRecords);
      const speed = rate === null ? '' : `, ${Math.round(rate).toLocaleString('en')} steps/s`;
      const time = run.epochRecords.reduce((sum, { durationMs }) => sum + durationMs, 0);
      const epochs = `${run.epochsDone} of ${run.epochs} epochs in ${formatDuration(time)}`;
      const name = describeRun(run);
      const how = run.endedBy === 'earlyStopping' ? `${run.state} by early stopping` : run.state;
      output.line(
        `${name[0]?.toUpperCase()}${name.slice(1)} ${how}: ${epochs}${speed} on ${run.engine ?? 'no engine'}`,
      );
      for (const line of describeTestOf(run)) output.line(line);
      if (run.freezing !== null) {
        const layers = layerFreezing(run.freezing);
        if (layers.some(({ frozen }) => frozen !== 'never')) output.line(`Layers: ${freezingText(layers)}`);
      }
      if (run.cachedFeatures !== null) output.line(cachedFeaturesText(run.cachedFeatures));
      if (run.state === 'stopped' && run.lastCheckpoint !== null) {
        output.note(`Its state is saved; 'lamina train … --resume ${run.number}' continues it.`);
      }
      if (run.error !== null) output.note(`lamina: ${run.error.message}`);
    },
    failed({ code }) {
      // Other failures are what the command ends with.
      if (code === REQUEST_CANCELLED) output.note('Cancelled.');
    },
  };
}

/** A paused run does not count against the limit. */
const countsOf = (runs: readonly QueuedRun[]): { training: number; waiting: number } => ({
  training: runs.filter(({ state }) => state === 'training').length,
  waiting: runs.filter(({ state }) => state === 'waiting').length,
});

function progressText(progress: EventPayload<'run.progress'>): string {
  const { epoch, epochs, step, totalSteps, stepsPerSecond, secondsLeft, activity, metrics } = progress;
  if (step === 0) return activity;
  return [
    `epoch ${epoch}/${epochs}`,
    `step ${step.toLocaleString('en')}/${totalSteps.toLocaleString('en')}`,
    formatMetrics(metrics),
    stepsPerSecond === null ? '' : `${Math.round(stepsPerSecond).toLocaleString('en')} steps/s`,
    secondsLeft === null ? '' : `${formatDuration(secondsLeft * 1000)} left`,
    activity === 'Training' ? '' : activity,
  ]
    .filter((part) => part !== '')
    .join('  ');
}
