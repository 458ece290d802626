import type { DataArray, HostTensor } from './engine.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';

/**
 * An array of the data set; rows are gathered on the host. Measured: 20 µs for a batch of 32 images of
 * 784 bytes, 1/50 of the step, without a copy of the data in native memory.
 */
export class ResidentArray {
  readonly #source: DataArray;
  readonly #rowLength: number;
  /** float32 value of each byte, computed in float32 as an engine would. */
  readonly #byteValues: Float32Array | null;

  constructor(source: DataArray) {
    this.#source = source;
    this.#rowLength = elementCount(source.shape.slice(1));
    this.#byteValues = source.dtype === 'uint8' ? byteValues(source.offset, source.scale) : null;
  }

  rowShape(): readonly number[] {
    return this.#source.shape.slice(1);
  }

  /**
   * Writes rows to `target`.
   *
   * @param rows Must be in the array.
   * @param target Has space for rows.length rows; float32 for bytes, else the array's type.
   */
  gather(rows: Int32Array, target: HostTensor['data']): void {
    const { data } = this.#source;
    const length = this.#rowLength;
    const table = this.#byteValues;
    let position = 0;
    for (const row of rows) {
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
