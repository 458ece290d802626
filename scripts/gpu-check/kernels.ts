/**
 * Kernels in a shared library, as NVIDIA's compiler embeds them: containers ('fat binaries') with an entry for
 * each chip, of machine code or of PTX that the driver compiles. Layout, little-endian: a container's magic at 0,
 * version (u16) at 4, header's size (u16) at 6, size of its entries (u64) at 8; an entry's kind (u16) at 0,
 * header's size (u32) at 4, payload's size (u64) at 8, chip (u32) at 28.
 * Source: the headers `fatbinary_section.h` of CUDA, and the reader in LLVM's `offload-arch`.
 */
const CONTAINER = Buffer.from([0x50, 0xed, 0x55, 0xba]);
const CONTAINER_HEADER = 16;
const PTX = 1;
const MACHINE_CODE = 2;

interface Entry {
  readonly kind: number;
  readonly chip: number;
  readonly start: number;
  readonly size: number;
}

export interface DroppedKernels {
  readonly containers: number;
  readonly keptBytes: number;
  readonly droppedBytes: number;
}

/**
 * Overwrites the kernels of other chips with zeros, in place. If a container has machine code for the chip, only that
 * is kept, otherwise only its PTX. Sizes and offsets do not change, so the library can be loaded; zeros compress well.
 *
 * @param library Bytes of a shared library.
 * @param chip Compute capability times ten: 90 for Hopper.
 * @throws Error if a container has neither for the chip.
 */
export function keepKernelsFor(library: Buffer, chip: number): DroppedKernels {
  let containers = 0;
  let keptBytes = 0;
  let droppedBytes = 0;
  for (let at = library.indexOf(CONTAINER); at >= 0; at = library.indexOf(CONTAINER, at)) {
    const end = endOfContainer(library, at);
    if (end === null) {
      at += CONTAINER.length;
      continue;
    }
    const entries = readEntries(library, at + CONTAINER_HEADER, end);
    const has = (kind: number): boolean => entries.some((entry) => entry.kind === kind && entry.chip === chip);
    const kind = has(MACHINE_CODE) ? MACHINE_CODE : PTX;
    if (!has(kind)) throw new Error(`The kernels at byte ${at} are for other chips than ${chip}.`);
    for (const entry of entries) {
      if (entry.kind === kind && entry.chip === chip) {
        keptBytes += entry.size;
      } else {
        library.fill(0, entry.start, entry.start + entry.size);
        droppedBytes += entry.size;
      }
    }
    containers++;
    at = end;
  }
  return { containers, keptBytes, droppedBytes };
}

/** Null if the four bytes are not the magic of a container. */
function endOfContainer(library: Buffer, at: number): number | null {
  if (at + CONTAINER_HEADER > library.length) return null;
  const headerSize = library.readUInt16LE(at + 6);
  const size = Number(library.readBigUInt64LE(at + 8));
  const end = at + CONTAINER_HEADER + size;
  return library.readUInt16LE(at + 4) === 1 && headerSize === CONTAINER_HEADER && end <= library.length ? end : null;
}

function readEntries(library: Buffer, start: number, end: number): Entry[] {
  const entries: Entry[] = [];
  for (let at = start; at < end;) {
    const headerSize = library.readUInt32LE(at + 4);
    const size = Number(library.readBigUInt64LE(at + 8));
    entries.push({ kind: library.readUInt16LE(at), chip: library.readUInt32LE(at + 28), start: at + headerSize, size });
    at += headerSize + size;
    if (headerSize === 0 || at > end) throw new Error(`The kernels at byte ${start} cannot be read.`);
  }
  return entries;
}
