import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';
import type { MetricValues } from '../../../src-shared/training/run/run.ts';
import { scheduleFault } from '../../../src-shared/training/schedules/fault.ts';
import { learningRateAt, momentumAt, usesLearningRate } from '../../../src-shared/training/schedules/schedule.ts';
import type { SchedulePosition } from '../../../src-shared/training/schedules/time.ts';
import type { TrainRequest } from '../../engines/interface/model-calls.ts';
import type { Position } from '../state/position.ts';

/** What the rates of the next steps depend on. */
export interface RatesContext {
  readonly configuration: TrainingConfiguration;
  /** Of the training split. */
  readonly rows: number;
  readonly position: Pick<Position, 'epoch' | 'batch' | 'callbacks'>;
}

export const stepsPerEpochOf = (rows: number, { batchSize }: TrainingConfiguration): number =>
  Math.ceil(rows / batchSize);

/** Steps of the whole training. @param rows Of the training split. */
export const stepsOf = (rows: number, configuration: TrainingConfiguration): number =>
  stepsPerEpochOf(rows, configuration) * configuration.epochs;

/** @throws AppError 'training/bad-schedule' if the schedule has no rate for a step. */
export function requireSchedule(configuration: TrainingConfiguration, rows: number): void {
  const { optimizer, schedule } = configuration;
  const steps = stepsOf(rows, configuration);
  const fault = scheduleFault(schedule, optimizer.learningRate, steps, stepsPerEpochOf(rows, configuration));
  if (fault !== null) throw new AppError('training/bad-schedule', fault);
}

/** False if the schedule does not use the optimizer's learning rate from here on. */
export const usesLearningRateAt = (context: RatesContext): boolean =>
  usesLearningRate(context.configuration.schedule, positionOf(context, 0));

/** @throws AppError 'training/cannot-set' if the schedule does not use the optimizer's learning rate from here on. */
export function requireLearningRateUsed(context: RatesContext): void {
  const { schedule } = context.configuration;
  if (usesLearningRateAt(context)) return;
  const why =
    schedule.kind === 'formula'
      ? `the formula of its schedule, ${schedule.formula}, does not contain 'initial'`
      : 'from here on, the pieces of its schedule set the learning rate';
  throw new AppError(
    'training/cannot-set',
    `Expected a schedule that uses the learning rate of the optimizer; ${why}. Stop the run and start a new one from its weights with another schedule.`,
    { setting: 'learningRate', schedule: schedule.kind },
  );
}

/** Learning rates of the next steps, and momenta if the program has that input. */
export function stepRates(
  context: RatesContext,
  model: CompiledModel,
  steps: number,
): Pick<TrainRequest, 'learningRates' | 'momenta'> {
  const learningRates = Float32Array.from({ length: steps }, (_, step) => learningRate(context, step));
  if (!takesMomentum(model)) return { learningRates };
  const momentum = (step: number): number => momentumAt(context.configuration.schedule, positionOf(context, step))!;
  return { learningRates, momenta: Float32Array.from({ length: steps }, (_, step) => momentum(step)) };
}

/** Values at the epoch's last step if the schedule changes them: Keras's `learning_rate`, and `momentum`. */
export function lastRates(context: RatesContext, model: CompiledModel): MetricValues {
  const { schedule } = context.configuration;
  if (schedule.kind === 'constant' && schedule.warmUp === undefined) return {};
  const momentum = momentumAt(schedule, positionOf(context, -1));
  return {
    learning_rate: learningRate(context, -1),
    ...(takesMomentum(model) && momentum !== null ? { momentum } : {}),
  };
}

/** @param more Steps after the next one. */
export function learningRate(context: RatesContext, more: number): number {
  const { optimizer, schedule } = context.configuration;
  return learningRateAt(optimizer.learningRate, schedule, positionOf(context, more));
}

const takesMomentum = ({ programs }: CompiledModel): boolean =>
  programs.train.inputs.some(({ name }) => name === 'momentum');

/** Counted by epoch and batch, so that another batch size keeps the position. */
function positionOf({ configuration, rows, position }: RatesContext, more: number): SchedulePosition {
  const { epoch, batch, callbacks } = position;
  const stepsPerEpoch = stepsPerEpochOf(rows, configuration);
  const step = epoch * stepsPerEpoch + batch + more;
  const totalSteps = stepsOf(rows, configuration);
  return { step, epoch, totalSteps, stepsPerEpoch, reductions: callbacks.plateau.reductions };
}
