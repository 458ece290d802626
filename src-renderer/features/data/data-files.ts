/** Which files Lamina can read, by name. */

const CSV = /\.(csv|tsv|txt)(\.gz)?$/i;
const IDX = /idx\d-ubyte(\.gz)?$/i;

export type DataKind = 'all' | 'csv' | 'idx' | 'any';

export const dataKinds: readonly { readonly value: DataKind; readonly label: string }[] = [
  { value: 'all', label: 'CSV and IDX' },
  { value: 'csv', label: 'CSV tables' },
  { value: 'idx', label: 'IDX images' },
  { value: 'any', label: 'All files' },
];

export function isIdxFile(name: string): boolean {
  return IDX.test(name);
}

export function fitsKind(name: string, kind: DataKind): boolean {
  if (kind === 'any') return true;
  return (kind !== 'idx' && CSV.test(name)) || (kind !== 'csv' && IDX.test(name));
}
