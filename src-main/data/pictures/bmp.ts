import { checkPixelCount, UnreadablePicture, type Pixels } from './pixels.ts';

const BI_RGB = 0;
const BI_BITFIELDS = 3;
const BI_ALPHABITFIELDS = 6;

/**
 * Decodes an uncompressed BMP of 1, 4, 8, 16, 24 or 32 bits per pixel. Alpha is dropped.
 *
 * Source: the Windows headers BITMAPCOREHEADER to BITMAPV5HEADER.
 *
 * @throws UnreadablePicture if it is too large, truncated or compressed.
 */
export function decodeBmp(bytes: Uint8Array): Pixels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return decode(bytes, view);
  } catch (error) {
    if (error instanceof RangeError) throw new UnreadablePicture('the BMP header is truncated');
    throw error;
  }
}

function decode(bytes: Uint8Array, view: DataView): Pixels {
  const headerSize = view.getUint32(14, true);
  const core = headerSize === 12;
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  // Negative: the first row is the top one.
  const signedHeight = core ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  const bits = view.getUint16(core ? 24 : 28, true);
  const compression = core ? BI_RGB : view.getUint32(30, true);
  if (width < 1 || height < 1) throw new UnreadablePicture(`the BMP header says ${width} × ${signedHeight} pixels`);
  checkPixelCount(width, height);
  const masked = compression === BI_BITFIELDS || compression === BI_ALPHABITFIELDS;
  if (![1, 4, 8, 16, 24, 32].includes(bits) || (compression !== BI_RGB && !masked)) {
    throw new UnreadablePicture(`a BMP of ${bits} bits with compression ${compression} is not supported`);
  }
  const start = view.getUint32(10, true);
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (start + stride * height > bytes.length) {
    throw new UnreadablePicture(
      `truncated: ${bytes.length.toLocaleString('en')} of ${(start + stride * height).toLocaleString('en')} bytes`,
    );
  }
  const palette = bits <= 8 ? paletteOf(bytes, view, headerSize, start) : null;
  const read = palette === null ? colourReader(view, bits, masked) : null;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = start + (signedHeight < 0 ? y : height - 1 - y) * stride;
    for (let x = 0; x < width; x++) {
      const target = (y * width + x) * 3;
      if (read !== null) {
        read(row, x, data, target);
        continue;
      }
      const bit = x * bits;
      const index = (bytes[row + (bit >> 3)]! >> (8 - bits - (bit & 7))) & ((1 << bits) - 1);
      data.set(palette!.subarray(index * 3, index * 3 + 3), target);
    }
  }
  return { width, height, data };
}

/** 256 RGB colours; those that the file lacks are black. */
function paletteOf(bytes: Uint8Array, view: DataView, headerSize: number, end: number): Uint8Array {
  const entry = headerSize === 12 ? 3 : 4;
  const first = 14 + headerSize;
  const used = headerSize === 12 ? 0 : view.getUint32(46, true);
  const count = Math.min(256, Math.floor((end - first) / entry), used === 0 ? 256 : used);
  const palette = new Uint8Array(256 * 3);
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < 3; channel++) palette[i * 3 + channel] = bytes[first + i * entry + 2 - channel]!;
  }
  return palette;
}

type ReadColour = (row: number, x: number, data: Uint8Array, target: number) => void;

function colourReader(view: DataView, bits: number, masked: boolean): ReadColour {
  if (bits === 24) {
    return (row, x, data, target) => {
      for (let channel = 0; channel < 3; channel++) data[target + channel] = view.getUint8(row + x * 3 + 2 - channel);
    };
  }
  const usual = bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  const masks = masked ? [54, 58, 62].map((position) => view.getUint32(position, true)) : usual;
  const channels = masks.map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { mask, shift, most: mask >>> shift || 1 };
  });
  return (row, x, data, target) => {
    const value = bits === 16 ? view.getUint16(row + x * 2, true) : view.getUint32(row + x * 4, true);
    channels.forEach(({ mask, shift, most }, channel) => {
      data[target + channel] = Math.round((((value & mask) >>> shift) * 255) / most);
    });
  };
}
