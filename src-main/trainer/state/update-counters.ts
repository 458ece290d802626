import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import { slotName, STEP, UPDATES } from '../../../src-shared/compiler/optimizers/emit.ts';
import type { UpdateGroups } from '../../../src-shared/compiler/optimizers/emit.ts';
import type { HostTensor } from '../../engines/interface/engine.ts';

/**
 * Adam and its relatives count the updates of each weight. In a session, weights that have been updated equally often share
 * the counter; a checkpoint holds one for each weight.
 */

type State = ReadonlyMap<string, HostTensor>;

/** Nadam's product of momenta. */
const PRODUCT = 'u_product';
/** Slots of the optimizers that count updates; all of them have one of these. Others can have them too. */
const counted = /^optimizer\/(.+)\/(?:velocity|norm)$/;

/** A session's state with the shared slots under the name of each weight. */
export function withEqualSlots({ slots }: Pick<CompiledModel, 'slots'>, state: State): Map<string, HostTensor> {
  const all = new Map(state);
  for (const { name, equal = [] } of slots) for (const other of equal) all.set(other, state.get(name)!);
  return all;
}

/**
 * A checkpoint of an optimizer that counts updates, with a counter for each weight. Those of older versions have one
 * counter; each weight gets its value.
 */
export function withCounters(saved: State): Map<string, HostTensor> {
  const state = new Map(saved);
  const updates = saved.get(`optimizer/${UPDATES}`) ?? saved.get(STEP);
  const product = saved.get(`optimizer/${PRODUCT}`);
  for (const name of saved.keys()) {
    const weight = counted.exec(name)?.[1];
    if (weight === undefined || saved.has(slotName(weight, UPDATES))) continue;
    if (updates !== undefined) state.set(slotName(weight, UPDATES), updates);
    if (product !== undefined) state.set(slotName(weight, PRODUCT), product);
  }
  return state;
}

/** Groups of weights whose counters are equal in this state. */
export function updateGroups(state: State): UpdateGroups {
  return (weight) => {
    const [updates, product] = [UPDATES, PRODUCT].map((slot) => state.get(slotName(weight, slot))?.data[0]);
    return `${updates ?? 0}/${product ?? 1}`;
  };
}
