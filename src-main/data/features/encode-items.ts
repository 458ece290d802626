import type { FittedColumn } from '../../../src-shared/data/prepared.ts';
import type { DataArray, InputRows } from '../../engines/interface/engine.ts';
import type { ItemCodec } from '../columns/column-codec.ts';
import { codecs } from '../columns/registry.ts';
import { columnOf, type TableColumn, type TableRows } from '../tables/table.ts';

/** A column of items, such as pictures, and the program's input that reads it. */
export interface ItemInput {
  readonly input: string;
  readonly column: FittedColumn;
}

export interface EncodedItems {
  /** By name. */
  readonly arrays: Readonly<Record<string, DataArray>>;
  readonly inputs: Readonly<Record<string, InputRows>>;
}

/** Columns that share their items and encode them equally. */
interface SharedItems {
  readonly codec: ItemCodec;
  readonly column: FittedColumn;
  readonly source: TableColumn;
  readonly inputs: { readonly input: string; readonly items: Int32Array }[];
}

/**
 * Encodes the items of rows, each once. Columns that share their items read one array, named after the input of the
 * first column.
 *
 * @param rows Row numbers in the order of the examples.
 */
export function encodeItems(columns: readonly ItemInput[], { table, rows }: TableRows): EncodedItems {
  const groups: SharedItems[] = [];
  for (const { input, column } of columns) {
    const codec = codecs[column.type].items!;
    const source = columnOf(table, column.name);
    const own = { input, items: rows.map((row) => codec.at(source, row)) };
    const known = groups.find(
      (group) => group.codec === codec && codec.equal([group.column, group.source], [column, source]),
    );
    if (known === undefined) groups.push({ codec, column, source, inputs: [own] });
    else known.inputs.push(own);
  }
  const arrays: Record<string, DataArray> = {};
  const inputs: Record<string, InputRows> = {};
  for (const { codec, column, source, inputs: readers } of groups) {
    const total = codec.count(source);
    const used = usedItems(
      readers.map(({ items }) => items),
      total,
    );
    const array = readers[0]!.input;
    const all = used.length === total;
    arrays[array] = codec.encode(column, source, all ? null : used);
    const rowOf = new Int32Array(total);
    used.forEach((item, row) => (rowOf[item] = row));
    for (const { input, items } of readers) {
      const list = all ? items : items.map((item) => rowOf[item]!);
      inputs[input] = { array, rows: list.every((row, example) => row === example) ? null : list };
    }
  }
  return { arrays, inputs };
}

/** The items in the lists, each once, in order of first use. */
function usedItems(lists: readonly Int32Array[], total: number): Int32Array {
  const isUsed = new Uint8Array(total);
  const used = new Int32Array(total);
  let count = 0;
  for (const list of lists) {
    for (const item of list) {
      if (isUsed[item] === 1) continue;
      isUsed[item] = 1;
      used[count++] = item;
    }
  }
  return used.subarray(0, count);
}
