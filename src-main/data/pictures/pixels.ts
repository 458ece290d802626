/** A decoded picture: 8-bit RGB, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A file that cannot be used as a picture. The message is the reason, for people. */
export class UnreadablePicture extends Error {
  /** False: nothing says that the file is meant to be a picture. */
  readonly isPicture: boolean;

  constructor(reason: string, isPicture = true) {
    super(reason);
    this.isPicture = isPicture;
  }
}

/** Pictures with more pixels are refused before they are decoded. */
export const MAX_PIXELS = 100_000_000;

/** @throws UnreadablePicture for more than `MAX_PIXELS`. */
export function checkPixelCount(width: number, height: number): void {
  if (width * height <= MAX_PIXELS) return;
  throw new UnreadablePicture(
    `${width.toLocaleString('en')} × ${height.toLocaleString('en')} pixels; at most ${MAX_PIXELS.toLocaleString('en')} pixels are decoded`,
  );
}
