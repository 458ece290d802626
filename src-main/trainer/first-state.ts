import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import { initialWeights } from '../../src-shared/compiler/forward/initial-weights.ts';
import { randomFrozen } from '../../src-shared/diagnostics/checks/random-frozen.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import type { HostTensor } from '../engines/interface/engine.ts';
import { stateForTraining } from './averaged-weights.ts';

export interface FirstState {
  readonly state: Map<string, HostTensor>;
  /** Frozen layers that nothing has trained. */
  readonly random: readonly string[];
  /** Notes for the user: layers that start from the seed although weights were requested. */
  readonly notes: readonly string[];
}

/** First state of a run without earlier weights. */
export function stateFromSeed(model: CompiledModel, seed: number): FirstState {
  return { state: initialState(model, seed), random: randomFrozen(model.weights, new Map()), notes: [] };
}

/** Weights from the seed, optimizer slots at their initial values. */
export function initialState(model: CompiledModel, seed: number): Map<string, HostTensor> {
  const state = new Map<string, HostTensor>();
  const weights = initialWeights(model, seed);
  for (const { name, shape } of model.weights) {
    state.set(name, { dtype: 'float32', shape, data: weights.get(name)! });
  }
  for (const { name, dtype, shape, initial } of model.slots) {
    const count = shape.reduce((product, size) => product * size, 1);
    const data = dtype === 'int32' ? new Int32Array(count).fill(initial) : new Float32Array(count).fill(initial);
    state.set(name, { dtype, shape, data } as HostTensor);
  }
  return state;
}

/** Weights of another run where name and shape agree; other weights and the optimizer state are initialized. */
export function stateFromWeights(
  model: CompiledModel,
  seed: number,
  saved: ReadonlyMap<string, HostTensor>,
): FirstState {
  const state = initialState(model, seed);
  const fresh = new Set<string>();
  for (const { name, layer, shape } of model.weights) {
    const found = saved.get(name);
    if (found !== undefined && sameShape(found.shape, shape)) state.set(name, found);
    else fresh.add(layer);
  }
  const notes =
    fresh.size === 0
      ? []
      : [`Initialized from the seed, without saved weights of this name and shape: ${[...fresh].join(', ')}.`];
  const given = new Map([...saved].map(([name, tensor]) => [name, tensor.shape]));
  return { state, random: randomFrozen(model.weights, given), notes };
}

/**
 * Weights, optimizer slots and step of a checkpoint. Slots that it does not have (of a layer that was frozen, or of
 * another optimizer) are initialized.
 *
 * @throws AppError 'training/cannot-resume' if a weight does not fit the model.
 */
export function stateToResume(
  model: CompiledModel,
  seed: number,
  checkpoint: ReadonlyMap<string, HostTensor>,
): FirstState {
  const state = initialState(model, seed);
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
  const fresh: string[] = [];
  for (const { name, shape, dtype, averageOf } of model.slots) {
    const found = saved.get(name);
    if (found !== undefined && found.dtype === dtype && sameShape(found.shape, shape)) state.set(name, found);
    // An average that starts during training starts at the weight.
    else if (averageOf !== undefined) state.set(name, state.get(averageOf)!);
    else fresh.push(name);
  }
  const notes = fresh.length === 0 ? [] : [`The optimizer state is initialized for ${fresh.join(', ')}.`];
  return { state, random: [], notes };
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);
