import { AppError } from '../../../src-shared/errors/app-error.ts';
import { checkTensor } from '../interface/check-tensor.ts';
import { signatureName, stateGroups } from './session-graph.ts';
import type { NativeSession } from './native-session.ts';
import type { StateGroup } from './session-graph.ts';
import type { HostTensor, SessionModel } from '../interface/engine.ts';
import type { Program, TensorType } from '../../../src-shared/program/language/types.ts';

interface Group {
  readonly name: StateGroup;
  /** In the order of v0, v1, … of the signatures. */
  readonly types: ReadonlyMap<string, TensorType>;
  /** Entries given before the first write, which needs all entries; null after it. */
  pending: Map<string, HostTensor> | null;
}

/**
 * Weights and optimizer slots in native variables. Signatures have fixed inputs, so a group is read
 * and written as a whole; entries that are not given keep their value.
 */
export class StateVariables {
  readonly #native: NativeSession;
  readonly #groups: readonly Group[];

  constructor(native: NativeSession, model: SessionModel) {
    this.#native = native;
    this.#groups = [...stateGroups(model)].map(([name, types]) => ({ name, types, pending: new Map() }));
  }

  /** Writes all values or none. @throws AppError `engine/unknown-state`, `engine/tensor-mismatch`. */
  async write(values: ReadonlyMap<string, HostTensor>): Promise<void> {
    for (const [name, value] of values) checkTensor(name, value, this.#typeOf(name));
    for (const group of this.#groups) {
      const given = new Map([...values].filter(([name]) => group.types.has(name)));
      if (given.size === 0) continue;
      if (group.pending === null) {
        const isWhole = given.size === group.types.size;
        await this.#writeGroup(group, isWhole ? given : new Map([...(await this.#readGroup(group)), ...given]));
        continue;
      }
      const pending = new Map([...group.pending, ...given]);
      if (pending.size === group.types.size) {
        await this.#writeGroup(group, pending);
        group.pending = null;
      } else {
        for (const [name, value] of given) group.pending.set(name, copyOf(value));
      }
    }
  }

  /** Returns copies. @throws AppError `engine/unknown-state`, `engine/state-not-written`. */
  async read(names: readonly string[]): Promise<Map<string, HostTensor>> {
    const read = new Map<string, HostTensor>();
    for (const name of names) this.#typeOf(name);
    for (const group of this.#groups) {
      for (const [name, value] of await this.#readSome(group, names)) read.set(name, value);
    }
    return new Map(names.map((name) => [name, read.get(name)!]));
  }

  /** As `read`, one group at a time. */
  async *readGroups(names: readonly string[]): AsyncGenerator<Map<string, HostTensor>> {
    for (const name of names) this.#typeOf(name);
    for (const group of this.#groups) {
      const some = await this.#readSome(group, names);
      if (some.size > 0) yield some;
    }
  }

  /**
   * @throws AppError `engine/state-not-written` naming the first entry without a value in the groups that the program
   *   uses.
   */
  requireWritten(program: Program): void {
    for (const { types, pending } of this.#groups) {
      if (pending === null || !program.state.some(({ name }) => types.has(name))) continue;
      for (const state of types.keys()) if (!pending.has(state)) throw notWritten(state);
    }
  }

  /** The entries of a group that are among the names. */
  async #readSome(group: Group, names: readonly string[]): Promise<Map<string, HostTensor>> {
    const asked = names.filter((name) => group.types.has(name));
    if (asked.length === 0) return new Map();
    const values = group.pending ?? (await this.#readGroup(group));
    const missing = asked.find((name) => !values.has(name));
    if (missing !== undefined) throw notWritten(missing);
    return new Map(asked.map((name) => [name, values.get(name)!]));
  }

  async #readGroup({ name, types }: Group): Promise<Map<string, HostTensor>> {
    const values = await this.#native.run(signatureName.read(name), {});
    return new Map([...types.keys()].map((state, index) => [state, values[`v${index}`]!]));
  }

  async #writeGroup({ name, types }: Group, values: ReadonlyMap<string, HostTensor>): Promise<void> {
    const inputs = [...types.keys()].map((state, index) => [`v${index}`, values.get(state)!] as const);
    await this.#native.run(signatureName.write(name), Object.fromEntries(inputs));
  }

  #typeOf(name: string): TensorType {
    for (const { types } of this.#groups) {
      const type = types.get(name);
      if (type !== undefined) return type;
    }
    const known = this.#groups.flatMap(({ types }) => [...types.keys()]);
    throw new AppError(
      'engine/unknown-state',
      `Expected a weight or optimizer slot of the model (${known.join(', ')}); received '${name}'.`,
      { name },
    );
  }
}

function notWritten(name: string): AppError {
  return new AppError(
    'engine/state-not-written',
    `Expected a value of '${name}'; it was not written. Write the model's state first.`,
    {
      name,
    },
  );
}

function copyOf(tensor: HostTensor): HostTensor {
  if (tensor.dtype === 'float32') return { ...tensor, data: tensor.data.slice() };
  if (tensor.dtype === 'int32') return { ...tensor, data: tensor.data.slice() };
  return { ...tensor, data: tensor.data.slice() };
}
