import type { CompiledModel, SlotSpec } from '../../../src-shared/compiler/graph/compiled.ts';
import { initialWeights } from '../../../src-shared/compiler/forward/initial-weights.ts';
import { ACCUMULATOR, AVERAGE, GATHERED, STEP, UPDATES } from '../../../src-shared/compiler/optimizers/emit.ts';
import { countsUpdates, sharesRule } from '../../../src-shared/compiler/optimizers/update-rules.ts';
import { randomFrozen, randomFrozenText } from '../../../src-shared/diagnostics/checks/random-frozen.ts';
import { transferTraps } from '../../../src-shared/diagnostics/checks/transfer-traps.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { ModelWeights } from '../../../src-shared/document/schema/model-document.ts';
import { elementCount, sameShape } from '../../../src-shared/program/language/shape.ts';
import { configurationAfter } from '../../../src-shared/training/commands/run-command.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';
import { optimizerKinds } from '../../../src-shared/training/configuration/optimizers.ts';
import type { OptimizerConfiguration } from '../../../src-shared/training/configuration/optimizers.ts';
import type { HostTensor } from '../../engines/interface/engine.ts';
import { updatedState } from '../../engines/interface/program-inputs.ts';
import { readArtifact } from '../../runs/artifacts.ts';
import { nothingLeft } from '../../training-protocol/protocol.ts';
import type { TrainJob } from '../../training-protocol/protocol.ts';
import { stateForTraining } from './state-for-use.ts';
import { resumedBestEpoch } from '../callbacks/best-epoch.ts';
import { resumedEarlyStopping } from '../callbacks/early-stopping.ts';
import { continued, firstPosition, positionFrom } from './position.ts';
import type { Position } from './position.ts';
import { withCounters } from './update-counters.ts';

/** The weights that a run starts from. */
export interface SavedState {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Where to resume; null: training begins with these weights. */
  readonly position: Position | null;
  /** Of the checkpoint that is resumed; otherwise empty. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** @returns Null: the run starts from the seed. @throws AppError 'runs/checkpoint-…'. */
export async function readStart({ start, configuration }: TrainJob): Promise<SavedState | null> {
  if (start === null) return null;
  const { tensors, metadata } = await readArtifact(start.folder, start.sha256);
  const position = start.mode === 'resume' ? positionFrom(metadata) : null;
  if (position === null) return { tensors, position, metadata: {} };
  const { kind } = configuration.optimizer;
  if (start.optimizer !== null && !sharesRule(start.optimizer, kind)) {
    return { tensors: withoutRuleSlots(tensors), position, metadata };
  }
  return { tensors: countsUpdates(kind) ? withCounters(tensors) : tensors, position, metadata };
}

/** Where a run begins. */
interface Beginning {
  readonly position: Position;
  readonly state: ReadonlyMap<string, HostTensor>;
  /** Warnings for the user. */
  readonly notes: readonly string[];
}

/** @throws AppError 'training/nothing-left', 'training/cannot-resume'. */
export function beginningOf(job: TrainJob, model: CompiledModel, start: SavedState | null): Beginning {
  const position = positionOf(job, start);
  const { state, random, notes } = firstState(job, model, start);
  return { position, state, notes: random.length === 0 ? notes : [...notes, randomWarning(random)] };
}

/** @throws AppError 'training/nothing-left'. */
export function positionOf({ runId, configuration, commands, start }: TrainJob, saved: SavedState | null): Position {
  if (saved === null || saved.position === null) return firstPosition(runId, configuration.batchSize);
  const position = continued(saved.position, runId, configuration.batchSize);
  // At the end of the last epoch the test result may still be missing.
  const lastEpoch = configurationAfter(configuration, commands).epochs;
  if (position.epoch > lastEpoch) throw nothingLeft(position.epoch, lastEpoch);
  const { bestEpoch, earlyStopping } = position.callbacks;
  const callbacks = {
    ...position.callbacks,
    bestEpoch: resumedBestEpoch(configuration, bestEpoch, start!.best),
    earlyStopping: resumedEarlyStopping(earlyStopping, start!.endedBy === 'earlyStopping'),
  };
  return { ...position, callbacks };
}

function firstState(
  { configuration, model: document, start: from }: TrainJob,
  model: CompiledModel,
  start: SavedState | null,
): FirstState {
  if (start === null) return stateFromSeed(model, configuration.seed);
  if (start.position === null) {
    const { weights } = document;
    const optimizer = weights?.artifact === from?.sha256 ? weights?.optimizer : undefined;
    return stateFromWeights(model, configuration, start.tensors, optimizer);
  }
  return stateToResume(model, start.tensors, configuration.optimizer);
}

function randomWarning(layers: readonly string[]): string {
  const them = layers.length === 1 ? 'it' : 'them';
  return `${randomFrozenText(layers)} Unfreeze ${them}, or start from the weights of a run that has trained ${them}.`;
}

interface FirstState {
  readonly state: Map<string, HostTensor>;
  /** Frozen layers that nothing has trained. */
  readonly random: readonly string[];
  /** Notes for the user: layers that start from the seed although weights were requested, and what could spoil weights. */
  readonly notes: readonly string[];
}

/** First state of a run without earlier weights. */
export function stateFromSeed(model: CompiledModel, seed: number): FirstState {
  return { state: initialState(model, seed), random: randomFrozen(model.weights, new Map()), notes: [] };
}

/**
 * Weights from the seed, optimizer slots at their initial values.
 *
 * @param given Weights that are used instead.
 */
export function initialState(
  model: Pick<CompiledModel, 'weights' | 'slots'>,
  seed: number,
  given: ReadonlyMap<string, HostTensor> = new Map(),
): Map<string, HostTensor> {
  const state = new Map(given);
  const weights = model.weights.filter(({ name }) => !given.has(name));
  const initial = initialWeights({ weights }, seed);
  for (const { name, shape } of weights) state.set(name, { dtype: 'float32', shape, data: initial.get(name)! });
  for (const slot of model.slots) state.set(slot.name, initialSlot(slot));
  return state;
}

/** The saved weights that fit the model: those with a name and shape of one of its weights. */
export function givenWeights(
  { weights }: Pick<CompiledModel, 'weights'>,
  saved: ReadonlyMap<string, HostTensor>,
): Map<string, HostTensor> {
  const given = new Map<string, HostTensor>();
  for (const { name, shape } of weights) {
    const found = saved.get(name);
    if (found !== undefined && sameShape(found.shape, shape)) given.set(name, found);
  }
  return given;
}

/**
 * Weights of another run or of a file where name and shape agree; other weights are initialized.
 *
 * @param optimizer Whose state `saved` has, for this run to continue from; undefined: the state is initialized.
 */
export function stateFromWeights(
  model: CompiledModel,
  configuration: TrainingConfiguration,
  saved: ReadonlyMap<string, HostTensor>,
  optimizer?: ModelWeights['optimizer'],
): FirstState {
  const used = givenWeights(model, saved);
  const fresh = new Set(model.weights.flatMap(({ name, layer }) => (used.has(name) ? [] : [layer])));
  const notes =
    fresh.size === 0
      ? []
      : [`Initialized from the seed, without saved weights of this name and shape: ${[...fresh].join(', ')}.`];
  const given = new Map([...saved].map(([name, tensor]) => [name, tensor.shape]));
  const updated = new Set(updatedState(model.programs.train));
  notes.push(...transferTraps({ weights: model.weights, updated, given: new Set(used.keys()), configuration }));
  const state = initialState(model, configuration.seed, used);
  if (optimizer !== undefined) {
    const unfit = unfitOptimizerState(model, configuration.optimizer, saved, optimizer.kind, used);
    if (unfit === null) {
      for (const [name, slot] of givenSlots(model, saved, optimizer.updates)) state.set(name, slot);
      if ([...saved.keys()].some((name) => used.has(weightOf(name)) && !updated.has(weightOf(name)))) {
        notes.push('Layers that are frozen at the start have a new optimizer state if they are unfrozen later.');
      }
    } else notes.push(`The optimizer's state that the weights come with is not used: ${unfit}`);
  }
  return { state, random: randomFrozen(model.weights, given), notes };
}

/** Slots that the optimizer's rule does not read. */
const isOwn = (name: string): boolean => ![ACCUMULATOR, AVERAGE].some((slot) => name.endsWith(`/${slot}`));
const isCounter = ({ name }: SlotSpec): boolean => name.endsWith(`/${UPDATES}`);

/** Why a run cannot continue from the state of an optimizer; null: it can. A part of the state is never used. */
function unfitOptimizerState(
  model: CompiledModel,
  { kind }: OptimizerConfiguration,
  saved: ReadonlyMap<string, HostTensor>,
  savedKind: string,
  used: ReadonlyMap<string, HostTensor>,
): string | null {
  if (!optimizerKinds.some((known) => known === savedKind && sharesRule(known, kind))) {
    return `it is that of ${savedKind}, and the run trains with ${kind}. Choose ${savedKind} to continue from it.`;
  }
  const slots = model.slots.filter(
    (slot) => slot.name !== STEP && slot.name !== GATHERED && isOwn(slot.name) && !isCounter(slot),
  );
  const missing = slots.find(({ name, shape }) => {
    const found = saved.get(name);
    return found === undefined || !sameShape(found.shape, shape) || !used.has(weightOf(name));
  });
  if (missing !== undefined) {
    return `expected '${missing.name.slice('optimizer/'.length)}' with shape [${missing.shape.join(', ')}], which the state does not have. Layers, or options of the optimizer, are not those of the file.`;
  }
  const names = new Set(slots.map(({ name }) => name));
  const updated = new Set(updatedState(model.programs.train));
  const extra = [...saved.keys()].find((name) => updated.has(weightOf(name)) && !names.has(name));
  return extra === undefined
    ? null
    : `it has '${extra.slice('optimizer/'.length)}', which ${kind} with these options does not have.`;
}

/** The weight of a slot: 'dense/kernel' of 'optimizer/dense/kernel/momentum'; '' of other state. */
const weightOf = (name: string): string => /^optimizer\/(.+)\/[^/]+$/.exec(name)?.[1] ?? '';

function givenSlots(
  { slots }: CompiledModel,
  saved: ReadonlyMap<string, HostTensor>,
  updates: number,
): Map<string, HostTensor> {
  const given = new Map<string, HostTensor>();
  for (const slot of slots) {
    const found = saved.get(slot.name);
    if (isCounter(slot)) given.set(slot.name, initialSlot({ ...slot, initial: updates }));
    else if (found !== undefined && isOwn(slot.name)) given.set(slot.name, found);
  }
  return given;
}

/**
 * A checkpoint without the slots of its optimizer's rule. Another rule may have slots of the same names: SGD's momentum
 * is a step, Adam's a mean gradient.
 */
function withoutRuleSlots(saved: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  const isOfRule = (name: string): boolean =>
    /^optimizer\/.+\//.test(name) && ![ACCUMULATOR, AVERAGE].some((slot) => name.endsWith(`/${slot}`));
  return new Map([...saved].filter(([name]) => !isOfRule(name)));
}

/**
 * Weights, optimizer slots and step of a checkpoint. Slots that it does not have (of a layer that was frozen, or of
 * another optimizer) are initialized. Accumulated gradients are discarded if they are of at least as many steps as an
 * update now takes: their sum would be divided by a smaller number.
 *
 * @throws AppError 'training/cannot-resume' if a weight does not fit the model.
 */
export function stateToResume(
  model: CompiledModel,
  checkpoint: ReadonlyMap<string, HostTensor>,
  { gradientAccumulationSteps: count = 1 }: OptimizerConfiguration,
): FirstState {
  const state = new Map<string, HostTensor>();
  const saved = stateForTraining(model, checkpoint);
  for (const { name, shape } of model.weights) {
    const found = saved.get(name);
    if (found !== undefined && sameShape(found.shape, shape)) state.set(name, found);
    else {
      throw new AppError(
        'training/cannot-resume',
        `To resume, the model must have the checkpoint's weights: expected '${name}' with shape [${shape.join(', ')}]; ` +
          `received ${found === undefined ? 'none' : `shape [${found.shape.join(', ')}]`}. ` +
          `Undo the change of the model, or start from the run's weights instead of resuming it.`,
        { name },
      );
    }
  }
  const slots = slotsFrom(model, saved);
  for (const [name, slot] of slots.state) state.set(name, slot);
  const { fresh } = slots;
  const notes = fresh.length === 0 ? [] : [`The optimizer state is initialized for ${fresh.join(', ')}.`];
  const gathered = saved.get(GATHERED)?.data[0] ?? 0;
  if (gathered >= count) {
    const isGathering = ({ name }: SlotSpec): boolean => name === GATHERED || name.endsWith(`/${ACCUMULATOR}`);
    for (const slot of model.slots.filter(isGathering)) state.set(slot.name, initialSlot(slot));
    notes.push(
      `Gradients now accumulate over ${count} steps. The checkpoint has accumulated gradients of ${gathered} steps; they are discarded.`,
    );
  }
  return { state, random: [], notes };
}

/**
 * Optimizer slots of a model from a state that has its weights.
 *
 * @returns `fresh`: names of the slots that the state does not have; they have their initial values.
 */
export function slotsFrom(
  { slots }: Pick<CompiledModel, 'slots'>,
  saved: ReadonlyMap<string, HostTensor>,
): { state: Map<string, HostTensor>; fresh: string[] } {
  const state = new Map<string, HostTensor>();
  const fresh: string[] = [];
  for (const slot of slots) {
    const { name, shape, dtype, averageOf } = slot;
    const found = saved.get(name);
    if (found !== undefined && found.dtype === dtype && sameShape(found.shape, shape)) state.set(name, found);
    // An average that starts during training starts at the weight.
    else if (averageOf !== undefined) state.set(name, saved.get(averageOf)!);
    else {
      state.set(name, initialSlot(slot));
      fresh.push(name);
    }
  }
  return { state, fresh };
}

function initialSlot({ dtype, shape, initial }: SlotSpec): HostTensor {
  const count = elementCount(shape);
  return dtype === 'int32'
    ? { dtype, shape, data: new Int32Array(count).fill(initial) }
    : { dtype, shape, data: new Float32Array(count).fill(initial) };
}
