import type { Tensor } from 'onnxruntime-node';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { Program, TensorType } from '../../../src-shared/program/language/types.ts';
import { checkTensor } from '../interface/check-tensor.ts';
import type { HostTensor } from '../interface/engine.ts';
import { updatedState } from '../interface/program-inputs.ts';
import type { HostArray } from './host-tensors.ts';
import { allocate, tensorOver, toHostTensor } from './host-tensors.ts';
import type { OnnxBackend } from './runtime.ts';

interface Entry {
  readonly type: TensorType;
  readonly shape: readonly number[];
  /** The current value. */
  current: Buffered;
  /** Receives the next value; null if no program updates the entry. */
  spare: Buffered | null;
  written: boolean;
}

interface Buffered {
  readonly data: HostArray;
  readonly tensor: Tensor;
}

/**
 * Weights, optimizer slots and the step of one model, double-buffered: a step reads one buffer and
 * writes the other. Steps do not allocate or copy, and a failed step does not change the state.
 */
export class StateStore {
  readonly #entries = new Map<string, Entry>();

  constructor(backend: OnnxBackend, programs: readonly Program[]) {
    for (const program of programs) {
      for (const { name, value, update } of program.state) {
        const type = program.values[value]!;
        const shape = type.shape.map(Number);
        const buffer = (): Buffered => {
          const data = allocate(type.dtype, elementCount(shape));
          return { data, tensor: tensorOver(backend, type.dtype, data, shape) };
        };
        const known = this.#entries.get(name);
        if (known === undefined) {
          this.#entries.set(name, {
            type,
            shape,
            current: buffer(),
            spare: update === undefined ? null : buffer(),
            written: false,
          });
        } else if (update !== undefined) known.spare ??= buffer();
      }
    }
  }

  /** Number of native tensors: buffers of all entries. */
  get tensorCount(): number {
    let count = 0;
    for (const { spare } of this.#entries.values()) count += spare === null ? 1 : 2;
    return count;
  }

  /** Writes all values or none. @throws AppError `engine/unknown-state`, `engine/tensor-mismatch`. */
  write(values: ReadonlyMap<string, HostTensor>): void {
    for (const [name, value] of values) checkTensor(name, value, this.#entry(name).type);
    for (const [name, value] of values) {
      const entry = this.#entry(name);
      entry.current.data.set(value.data);
      entry.written = true;
    }
  }

  /** Returns copies. @throws AppError `engine/unknown-state`, `engine/state-not-written`. */
  read(names: readonly string[]): Map<string, HostTensor> {
    return new Map(
      names.map((name) => {
        const { type, shape, current } = this.#written(name);
        return [name, toHostTensor(type.dtype, shape, current.data.slice())];
      }),
    );
  }

  /** The current value, without a copy: the next step may overwrite it. @throws AppError as `read`. */
  view(name: string): HostTensor {
    const { type, shape, current } = this.#written(name);
    return toHostTensor(type.dtype, shape, current.data);
  }

  /** Tensors to feed for the state that `program` reads. @throws AppError `engine/state-not-written`. */
  current(program: Program): [string, Tensor][] {
    return program.state.map(({ name }) => [name, this.#written(name).current.tensor]);
  }

  /** Tensors that receive the state updates of `program`. */
  next(program: Program): [string, Tensor][] {
    return updatedState(program).map((name) => [name, this.#entry(name).spare!.tensor]);
  }

  /** Swaps the buffers of the state that `program` updates. */
  advance(program: Program): void {
    for (const name of updatedState(program)) {
      const entry = this.#entry(name);
      const { current, spare } = entry;
      entry.current = spare!;
      entry.spare = current;
    }
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    throw new AppError(
      'engine/unknown-state',
      `Expected a weight or optimizer slot of the model (${[...this.#entries.keys()].join(', ')}); received '${name}'.`,
      { name },
    );
  }

  #written(name: string): Entry {
    const entry = this.#entry(name);
    if (entry.written) return entry;
    throw new AppError(
      'engine/state-not-written',
      `Expected a value of '${name}'; it was not written. Write the model's state first.`,
      { name },
    );
  }
}
