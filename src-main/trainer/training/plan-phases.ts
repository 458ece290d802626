import { GATHERED } from '../../../src-shared/compiler/optimizers/emit.ts';
import { analyze } from '../../../src-shared/diagnostics/analyze.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { phaseCommands } from '../../../src-shared/training/commands/phase-commands.ts';
import { configurationAfter, modelAfter } from '../../../src-shared/training/commands/run-command.ts';
import type { RecordedSettings } from '../../../src-shared/training/commands/run-command.ts';
import type { PreparedDataset } from '../../data/rows/dataset.ts';
import type { Send, TrainJob } from '../../training-protocol/protocol.ts';
import { positionOf } from '../state/first-state.ts';
import type { SavedState } from '../state/first-state.ts';
import { stepsPerEpochOf, usesLearningRateAt } from './step-rates.ts';

/**
 * A job with the commands of its phases, which are reported to core. Those that apply where a run begins are part of its
 * model and configuration, so that its first session has what they freeze.
 *
 * @param start The checkpoint; null: none.
 * @throws AppError 'training/nothing-left', 'training/bad-phases' if the schedule does not use a phase's learning rate.
 */
export function planPhases(job: TrainJob, data: PreparedDataset, start: SavedState | null, send: Send): TrainJob {
  const position = positionOf(job, start);
  const { firstPhaseSeq } = job;
  const planned = firstPhaseSeq === undefined ? [] : plan(job, firstPhaseSeq, data, start);
  if (planned.length > 0) send({ kind: 'planned', commands: planned });
  const commands = [...job.commands, ...planned];
  // A resumed run begins with the frozen layers of its checkpoint.
  const atStart = (position.step === 0 ? commands : planned).filter(
    ({ step, epoch, command }) => command.phase !== undefined && step <= position.step && epoch <= position.epoch,
  );
  const model = modelAfter(job.model, atStart);
  const configuration = configurationAfter(job.configuration, atStart);
  return { ...job, model, configuration, commands };
}

function plan(job: TrainJob, firstSeq: number, data: PreparedDataset, start: SavedState | null): RecordedSettings[] {
  const { model, configuration } = job;
  const { phases = [], optimizer } = configuration;
  const { gradientAccumulationSteps: accumulationSteps = 1 } = optimizer;
  const rows = data.rows.train;
  const gathered = start?.tensors.get(GATHERED)?.data[0] ?? 0;
  const { nodes } = analyze(model, data.spec, configuration);
  const weighted = new Set([...nodes.values()].filter(({ parameters }) => parameters > 0).map(({ nodeId }) => nodeId));
  const names = new Map(model.nodes.map(({ id, name }) => [id, name]));
  const from = positionOf(job, start);
  const commands = phaseCommands({
    model,
    phases,
    layers: [...nodes.keys()].filter((id) => weighted.has(id)).map((id) => names.get(id)!),
    stepsPerEpoch: stepsPerEpochOf(rows, configuration),
    from,
    // Gradients of as many steps as an update takes are discarded, see `stateToResume`.
    accumulated: start?.position == null || gathered >= accumulationSteps ? 0 : gathered,
    accumulationSteps,
    firstSeq,
    at: new Date().toISOString(),
  });
  for (const { epoch, command } of commands) {
    const { learningRate } = command.patch;
    const at = { configuration, rows, position: { ...from, epoch: Math.max(epoch, from.epoch), batch: 0 } };
    if (learningRate !== undefined && !usesLearningRateAt(at)) {
      throw new AppError(
        'training/bad-phases',
        `Phase ${command.phase} expected a schedule that uses its learning rate, ${learningRate}; the schedule ${configuration.schedule.kind} sets another one. Choose the constant schedule, or remove the learning rate of the phase.`,
        { phase: command.phase, schedule: configuration.schedule.kind },
      );
    }
  }
  return commands;
}
