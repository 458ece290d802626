import type { RequestProgress } from '../../../../src-shared/contract/transport.ts';
import { dataChangeWords } from '../../../../src-shared/data/data-change.ts';
import type { DataChange } from '../../../../src-shared/data/data-change.ts';
import type { ModelBlock } from '../../../../src-shared/document/schema/model-document.ts';
import { frozenWords } from '../../../../src-shared/training/commands/phase-commands.ts';
import { freezingName } from '../../../../src-shared/training/commands/freezing.ts';
import { engineTitles } from '../../../../src-shared/training/run/run.ts';
import type {
  EngineName,
  EngineUse,
  EpochRecord,
  MetricValues,
  RunSummary,
  TestResult,
} from '../../../../src-shared/training/run/run.ts';
import type {
  RecordedCommand,
  RunCommand,
  SettingsPatch,
} from '../../../../src-shared/training/commands/run-command.ts';
import { weightsOfResult, weightsText } from '../../../../src-shared/training/run/run-weights.ts';
import type { TrainedRun } from '../../../../src-shared/training/run/run-weights.ts';

/** Four significant digits, without an exponent where it can be helped. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(3);
  return size >= 1000 ? grouped(value) : String(Number(value.toPrecision(4)));
}

/** '54,210 USD'. */
export function formatQuantity(value: number, unit: string | undefined): string {
  const text = Math.abs(value) >= 1000 ? grouped(value) : formatNumber(value);
  return unit === undefined ? text : `${text} ${unit}`;
}

const grouping = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const grouped = (value: number): string => grouping.format(value);

export function formatPercent(value: number): string {
  return `${(value * 100).toFixed(2)} %`;
}

/** '1 h 02 min', '3 min 05 s', '12 s', '0.4 s'. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** 'loss 0.2134  accuracy 93.41 %', validation metrics last. */
export function formatMetrics(metrics: MetricValues): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name} ${name.endsWith('accuracy') ? formatPercent(value) : formatNumber(value)}`)
    .join('  ');
}

/** Lines on a test result of a run: which weights it is of, its metrics, and for numeric targets the error in the target's own unit. */
export function describeTest(test: TestResult, split: string, run: TrainedRun): string[] {
  const rows = `${grouped(test.rows)} ${test.rows === 1 ? 'row' : 'rows'}`;
  const lines = [`${split} (${rows}, ${weightsText(weightsOfResult(test, run))}): ${formatMetrics(test.metrics)}`];
  const several = test.outputs.length > 1;
  for (const { output, target, rmseOriginal, rmseRelative, unit } of test.outputs) {
    if (rmseOriginal === undefined) continue;
    const relative =
      rmseRelative === undefined ? '' : ` (${rmseRelative.toFixed(2)} of the target's standard deviation)`;
    lines.push(`${several ? `${output}, ${target}: ` : ''}RMSE ${formatQuantity(rmseOriginal, unit)}${relative}`);
  }
  return lines;
}

/** Lines on the test result at the end of a training. A completed run has none only if its test split has no rows. */
export function describeTestOf(run: TrainedRun & Pick<RunSummary, 'state' | 'test'>): string[] {
  if (run.test !== null) return describeTest(run.test, 'Test', run);
  return run.state === 'completed' ? ['Test: no result, because the test split has no rows'] : [];
}

/** Notes on how a figure came about: another engine than the run's, other data than the run's. */
export function notesOn({
  engine,
  dataChange,
}: {
  engine?: EngineUse | undefined;
  dataChange?: DataChange | null | undefined;
}): string[] {
  const notes: string[] = [];
  if (engine?.insteadOf !== undefined) notes.push(otherEngine(engine.name, engine.insteadOf));
  if (dataChange != null) notes.push(`The data has changed since the run. ${dataChangeWords(dataChange).join(' ')}`);
  return notes;
}

function otherEngine(name: EngineName, { name: before, reason }: NonNullable<EngineUse['insteadOf']>): string {
  return `Computed on ${engineTitles[name]}, not on ${engineTitles[before]} as the run: ${reason}`;
}

/** The numbers of a run's test result in one object for scripts, with the weights they are of: flat where there is one target, else with a list of them. */
export function flatTest(test: TestResult, run: TrainedRun): Record<string, unknown> {
  const { metrics, rows, outputs, engine, dataChange } = test;
  const numbers = outputs.map(({ confusion: _confusion, ...rest }) => rest);
  const [only] = numbers;
  const whole = { ...metrics, rows, ...weightsOfResult(test, run) };
  const how = {
    ...(engine === undefined ? {} : { engine: engine.name }),
    ...(engine?.insteadOf === undefined ? {} : { insteadOf: engine.insteadOf }),
    ...(dataChange === undefined ? {} : { dataChange }),
  };
  if (only === undefined || numbers.length > 1) return { ...whole, outputs: numbers, ...how };
  const { output: _output, target: _target, ...flat } = only;
  return { ...whole, ...flat, ...how };
}

/** `{ confusion }` of one target, of several `{ confusions }` by output, or by target where an output has several; else nothing. */
export function confusions({ outputs }: TestResult): Record<string, unknown> {
  if (outputs.length === 1) return outputs[0]!.confusion === undefined ? {} : { confusion: outputs[0]!.confusion };
  const found = outputs.flatMap(({ output, target, confusion }) => {
    if (confusion === undefined) return [];
    const single = outputs.filter((other) => other.output === output).length === 1;
    return [[single ? output : target, confusion]];
  });
  return found.length === 0 ? {} : { confusions: Object.fromEntries(found) as Record<string, unknown> };
}

/** Mean steps per second over all epochs; null where none was finished. */
export function overallStepsPerSecond(records: readonly EpochRecord[]): number | null {
  const rates = records.map((record) => record.stepsPerSecond).filter((rate) => rate > 0);
  if (rates.length === 0) return null;
  return rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0);
}

export function describeRun(run: RunSummary): string {
  return `run ${run.number}${run.name === `run ${run.number}` ? '' : ` (${run.name})`}`;
}

/** 'Paused after step 1,234, 5 epochs done'. @param blocks Of the run's model. */
export function describeCommand({ command, step, epoch }: RecordedCommand, blocks: readonly ModelBlock[]): string {
  return `${commandWords(command, blocks)} after step ${grouped(step)}, ${epoch} epochs done`;
}

function commandWords(command: RunCommand, blocks: readonly ModelBlock[]): string {
  switch (command.kind) {
    case 'pause':
      return 'Paused';
    case 'resume':
      return 'Resumed';
    case 'checkpoint':
      return 'Saved';
    case 'stop':
      return command.when === 'now' ? 'Stopped' : 'Stop after the epoch, requested';
    case 'set':
      if (command.phase !== undefined) return phaseBegins(command.phase, command.patch, blocks);
      return `Set ${settingsWords(command.patch, blocks).join(', ')}`;
  }
}

/** 'Phase 2 begins (learning rate 0.001, stem frozen)'. */
function phaseBegins(
  phase: number,
  { learningRate, frozen = [] }: SettingsPatch,
  blocks: readonly ModelBlock[],
): string {
  const words = [
    ...(learningRate === undefined ? [] : [`learning rate ${formatNumber(learningRate)}`]),
    ...(frozen.length === 0 ? [] : [frozenWords(frozen, blocks)]),
  ];
  return `Phase ${phase} begins${words.length === 0 ? '' : ` (${words.join(', ')})`}`;
}

function settingsWords(
  { learningRate, epochs, patience, frozen = [] }: SettingsPatch,
  blocks: readonly ModelBlock[],
): string[] {
  return [
    ...(learningRate === undefined ? [] : [`the learning rate to ${formatNumber(learningRate)}`]),
    ...(epochs === undefined ? [] : [`the number of epochs to ${grouped(epochs)}`]),
    ...(patience === undefined ? [] : [`the patience to ${grouped(patience)}`]),
    ...frozen.map((each) => `${freezingName(each, blocks)} to ${each.frozen ? 'frozen' : 'trainable'}`),
  ];
}

export function formatProgress({ fraction, activity }: RequestProgress): string {
  return fraction === null ? `${activity} …` : `${activity}, ${Math.floor(fraction * 100)} %`;
}
