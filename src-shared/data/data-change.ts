import { z } from 'zod';
import { splitNameSchema } from './dataset-document.ts';
import type { SplitName } from './dataset-document.ts';
import { rowCountsSchema } from './prepared.ts';
import type { RowCounts } from './prepared.ts';

/** A run's data, recorded to find later changes. */
export const dataRecordSchema = z.object({
  /** Files of the source, named without folder; empty for generated data. */
  files: z.array(z.object({ name: z.string(), sizeBytes: z.number(), sha256: z.string() })),
  /** All columns of the source, also ignored ones. */
  columns: z.array(z.string()),
  /** sha256 of each split's encoded features and targets; null: not encoded. */
  splits: z.object({
    train: z.string().nullable(),
    validation: z.string().nullable(),
    test: z.string().nullable(),
  }),
});
export type DataRecord = z.infer<typeof dataRecordSchema>;

/** Changes of a run's data since the run was prepared. */
export const dataChangeSchema = z.object({
  /** Null: the run recorded only one fingerprint of all files. */
  files: z
    .array(
      z.object({
        name: z.string(),
        change: z.enum(['contents', 'added', 'missing']),
        /** Null: the file did not exist. */
        sizeBefore: z.number().nullable(),
        sizeNow: z.number().nullable(),
      }),
    )
    .nullable(),
  /** Null: not recorded, or the data was not read. */
  columns: z.object({ added: z.array(z.string()), missing: z.array(z.string()) }).nullable(),
  /** Null: the data was not read. */
  rows: z.object({ before: rowCountsSchema, now: rowCountsSchema }).nullable(),
  /** Whether the encoded rows of a split are the same; null: not recorded, or the data was not read. */
  split: z.object({ name: splitNameSchema, same: z.boolean() }).nullable(),
});
export type DataChange = z.infer<typeof dataChangeSchema>;

/** A run's recorded data; parts are null in runs of older versions. */
export const recordedDataSchema = z.object({
  fingerprint: z.string().nullable(),
  record: dataRecordSchema.nullable(),
  rows: rowCountsSchema.nullable(),
});
export type RecordedData = z.infer<typeof recordedDataSchema>;

/** The data now. */
export interface PresentData {
  readonly fingerprint: string;
  readonly files: DataRecord['files'];
  /** Null: only the files were compared. */
  readonly read: {
    readonly record: Pick<DataRecord, 'columns' | 'splits'>;
    readonly rows: RowCounts;
  } | null;
}

/**
 * @param split The split whose rows are compared.
 * @returns Null if nothing has changed, or the run has no fingerprint to compare with.
 */
export function dataChange(before: RecordedData, now: PresentData, split: SplitName): DataChange | null {
  if (before.fingerprint === null) return null;
  const { record } = before;
  const hashBefore = record?.splits[split] ?? null;
  const hashNow = now.read?.record.splits[split] ?? null;
  const same = hashBefore === null || hashNow === null ? null : hashBefore === hashNow;
  if (before.fingerprint === now.fingerprint && same !== false) return null;
  return {
    files: record === null ? null : fileChanges(record.files, now.files),
    columns:
      record === null || now.read === null
        ? null
        : {
            added: now.read.record.columns.filter((name) => !record.columns.includes(name)),
            missing: record.columns.filter((name) => !now.read!.record.columns.includes(name)),
          },
    rows: before.rows === null || now.read === null ? null : { before: before.rows, now: now.read.rows },
    split: same === null ? null : { name: split, same },
  };
}

type FileChange = NonNullable<DataChange['files']>[number];

function fileChanges(before: DataRecord['files'], now: DataRecord['files']): FileChange[] {
  const missing = before
    .filter(({ name }) => now.every((file) => file.name !== name))
    .map(({ name, sizeBytes }): FileChange => ({ name, change: 'missing', sizeBefore: sizeBytes, sizeNow: null }));
  const others = now.flatMap(({ name, sizeBytes, sha256 }): FileChange[] => {
    const known = before.find((file) => file.name === name);
    if (known === undefined) return [{ name, change: 'added', sizeBefore: null, sizeNow: sizeBytes }];
    if (known.sha256 === sha256) return [];
    return [{ name, change: 'contents', sizeBefore: known.sizeBytes, sizeNow: sizeBytes }];
  });
  return [...missing, ...others];
}

const count = (value: number): string => value.toLocaleString('en');

/** A change as sentences for the user. */
export function dataChangeWords({ files, columns, rows, split }: DataChange): string[] {
  const found: string[] = [];
  if (files === null) found.push('The contents of its files have changed.');
  for (const { name, change, sizeBefore, sizeNow } of files ?? []) {
    if (change === 'missing') found.push(`${name} is missing.`);
    else if (change === 'added') found.push(`${name} is new.`);
    else {
      const sizes = sizeBefore === sizeNow ? '' : ` (${count(sizeBefore!)} bytes before, ${count(sizeNow!)} now)`;
      found.push(`The contents of ${name} have changed${sizes}.`);
    }
  }
  if (columns !== null) {
    if (columns.missing.length > 0) found.push(`Missing columns: ${columns.missing.join(', ')}.`);
    if (columns.added.length > 0) found.push(`New columns: ${columns.added.join(', ')}.`);
  }
  if (rows !== null) {
    const parts = (['train', 'validation', 'test', 'dropped', 'filtered'] as const)
      .map((name) => ({ name, before: rows.before[name] ?? 0, now: rows.now[name] ?? 0 }))
      .filter(({ before, now }) => before !== now)
      .map(({ name, before, now }) => `${count(before)} ${name} rows before, ${count(now)} now`);
    if (parts.length > 0) found.push(`${parts.join('; ')}.`);
  }
  if (split?.same === true) found.push(`The ${split.name} rows are the same as in training.`);
  if (split?.same === false) {
    found.push(
      files?.length === 0
        ? `The files are the same, but the encoded ${split.name} rows differ: the data set's settings have changed, or this version of Lamina encodes differently.`
        : `The ${split.name} rows differ from those of the run and may include rows that it was trained on.`,
    );
  }
  return found;
}
