import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import type { EngineSession, HostTensor } from '../../engines/interface/engine.ts';

/**
 * If the optimizer averages weights, a checkpoint for use holds the averages as its weights, like Keras after `fit`. The
 * trained weights are stored in it under other names.
 */

type State = ReadonlyMap<string, HostTensor>;
type Model = Pick<CompiledModel, 'slots'>;

/** Name of a trained weight in a checkpoint for use. */
const trainedName = (weight: string): string => `optimizer/${weight}/trained`;

/** Weights that have an average, with the state name of the average. */
function averages({ slots }: Model): { weight: string; average: string }[] {
  return slots.flatMap(({ name, averageOf }) =>
    averageOf === undefined ? [] : [{ weight: averageOf, average: name }],
  );
}

/** The state for use: averages as weights. */
export function stateForUse(model: Model, state: State): Map<string, HostTensor> {
  const used = new Map(state);
  for (const { weight, average } of averages(model)) {
    used.set(weight, state.get(average)!);
    used.set(trainedName(weight), state.get(weight)!);
    used.delete(average);
  }
  return used;
}

/** The state to train from, of a checkpoint in either form. Its averages must be named as in `model`. */
export function stateForTraining(model: Model, saved: State): Map<string, HostTensor> {
  const state = new Map(saved);
  for (const { weight, average } of averages(model)) {
    const trained = saved.get(trainedName(weight));
    if (trained === undefined) continue;
    state.set(average, saved.get(weight)!);
    state.set(weight, trained);
  }
  return state;
}

/**
 * Puts the averages into a session as its weights.
 * @returns Puts the weights back, to the bit; null where the model has no averages.
 */
export async function useAverages(session: EngineSession, model: Model): Promise<(() => Promise<void>) | null> {
  const pairs = averages(model);
  if (pairs.length === 0) return null;
  const trained = await session.readState(pairs.map(({ weight }) => weight));
  const read = await session.readState(pairs.map(({ average }) => average));
  await session.writeState(new Map(pairs.map(({ weight, average }) => [weight, read.get(average)!])));
  return () => session.writeState(trained);
}

/** State that predictions read from a checkpoint. */
export function weightsAmong(model: CompiledModel, tensors: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  return new Map(model.weights.flatMap(({ name }) => (tensors.has(name) ? [[name, tensors.get(name)!] as const] : [])));
}
