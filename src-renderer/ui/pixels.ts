/** height, width, channels. */
export type ImageShape = readonly [number, number, number];

/** The shape given where it fits the number of bytes; else a square of one channel, as near as there is. */
export function imageShape(length: number, shape: readonly number[] | null): ImageShape {
  if (shape !== null && shape.length >= 2) {
    const [height = 0, width = 0, channels = 1] = shape;
    if (height * width * channels === length) return [height, width, channels];
  }
  const side = Math.floor(Math.sqrt(length));
  return [side, side, 1];
}

/** Width at which an image fits into a square with sides of `size`. */
export function widthWithin(size: number, shape: readonly number[] | null): number {
  const [height = 1, width = 1] = shape ?? [];
  return Math.max(1, Math.round(Math.min(size, (size * width) / height)));
}

/** Writes grey or RGB bytes as RGBA. @param rgba height × width × 4. */
export function paintPixels(
  rgba: Uint8ClampedArray,
  bytes: readonly number[],
  [height, width, channels]: ImageShape,
): void {
  const colour = channels >= 3;
  for (let pixel = 0; pixel < height * width; pixel++) {
    const from = pixel * channels;
    rgba[pixel * 4] = bytes[from] ?? 0;
    rgba[pixel * 4 + 1] = bytes[colour ? from + 1 : from] ?? 0;
    rgba[pixel * 4 + 2] = bytes[colour ? from + 2 : from] ?? 0;
    rgba[pixel * 4 + 3] = 255;
  }
}
