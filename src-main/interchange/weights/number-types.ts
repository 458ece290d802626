/** How a number is stored. */
export interface StoredNumber {
  /** Of one value. */
  readonly bytes: number;
  read(view: DataView, at: number): number;
}

/** A type of floating-point numbers, little-endian. */
export interface NumberType extends StoredNumber {
  readonly dtype: 'float32' | 'float64';
}

const widened = new DataView(new ArrayBuffer(4));

export const float16: NumberType = { bytes: 2, dtype: 'float32', read: (view, at) => view.getFloat16(at, true) };
export const float32: NumberType = { bytes: 4, dtype: 'float32', read: (view, at) => view.getFloat32(at, true) };
export const float64: NumberType = { bytes: 8, dtype: 'float64', read: (view, at) => view.getFloat64(at, true) };
/** The upper half of a float32. */
export const bfloat16: NumberType = {
  bytes: 2,
  dtype: 'float32',
  read: (view, at) => {
    widened.setUint32(0, view.getUint16(at, true) * 2 ** 16);
    return widened.getFloat32(0);
  },
};

/** Decodes a stream of bytes. A value can be in two chunks; bytes of an incomplete value at the end are ignored. */
export async function* decoded(
  chunks: AsyncIterable<Uint8Array>,
  { bytes: size, read }: StoredNumber,
): AsyncIterable<Float32Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % size);
    rest = bytes.subarray(whole);
    if (whole === 0) continue;
    const values = new Float32Array(whole / size);
    if (read === float32.read) {
      // The memory of all supported machines is little-endian.
      new Uint8Array(values.buffer).set(bytes.subarray(0, whole));
    } else {
      const view = new DataView(bytes.buffer, bytes.byteOffset, whole);
      for (let index = 0; index < values.length; index++) values[index] = read(view, index * size);
    }
    yield values;
  }
}
