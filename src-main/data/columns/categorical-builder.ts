import { GrowingArray } from '../tables/growing-array.ts';
import { usualCells } from '../tables/cell-format.ts';
import type { ColumnBuilder, TextColumn } from './column-codec.ts';

export function categoricalBuilder({ name, cells = usualCells }: TextColumn): ColumnBuilder {
  const codes = new GrowingArray(Int32Array);
  const categories: string[] = [];
  const codeOf = new Map<string, number>();
  const add = (raw: string): number => {
    const text = raw.trim();
    let code = cells.missing.has(text) ? -1 : codeOf.get(text);
    if (code === undefined) {
      code = categories.length;
      codeOf.set(text, code);
      categories.push(text);
    }
    codes.push(code);
    return code;
  };
  const recent = new RecentTexts();
  return {
    add: (raw) => void add(raw),
    addBytes(bytes, start, end) {
      const slot = recent.slotOf(bytes, start, end);
      const code = recent.codeIn(slot, bytes, start, end);
      if (code !== undefined) codes.push(code);
      else recent.keep(slot, bytes, start, end, add(bytes.toString('utf8', start, end)));
    },
    finish: () => ({ kind: 'categorical', name, codes: codes.finish(), categories }),
  };
}

/** Codes of texts that were seen last, by their bytes: most texts repeat, and making a string of each is slow. */
class RecentTexts {
  static readonly #slots = 2048;
  static readonly #longest = 32;
  readonly #bytes = new Uint8Array(RecentTexts.#slots * RecentTexts.#longest);
  /** -1: the slot is empty. */
  readonly #lengths = new Int8Array(RecentTexts.#slots).fill(-1);
  readonly #codes = new Int32Array(RecentTexts.#slots);

  slotOf(bytes: Buffer, start: number, end: number): number {
    let hash = 0;
    for (let at = start; at < end; at++) hash = Math.imul(hash, 31) + bytes[at]!;
    return (hash ^ (hash >>> 11)) & (RecentTexts.#slots - 1);
  }

  codeIn(slot: number, bytes: Buffer, start: number, end: number): number | undefined {
    if (this.#lengths[slot] !== end - start) return undefined;
    const first = slot * RecentTexts.#longest;
    for (let at = start; at < end; at++) if (this.#bytes[first + at - start] !== bytes[at]) return undefined;
    return this.#codes[slot];
  }

  keep(slot: number, bytes: Buffer, start: number, end: number, code: number): void {
    if (end - start > RecentTexts.#longest) return;
    this.#bytes.set(bytes.subarray(start, end), slot * RecentTexts.#longest);
    this.#lengths[slot] = end - start;
    this.#codes[slot] = code;
  }
}
