import { z } from 'zod';
import { splitNameSchema } from './dataset-document.ts';
import type { SplitName } from './dataset-document.ts';
import { rowCountsSchema } from './prepared.ts';
import type { RowCounts } from './prepared.ts';

/** What a run's data was, so that a later use of the run can say what has changed. */
export const dataRecordSchema = z.object({
  /** Of the source, by name without its folder; none for generated data. */
  files: z.array(z.object({ name: z.string(), sizeBytes: z.number(), sha256: z.string() })),
  /** Columns of the source, those that the document ignores or does not know included. */
  columns: z.array(z.string()),
  /** sha256 of what a model is given of each split, features and targets; null: not encoded. */
  splits: z.object({
    train: z.string().nullable(),
    validation: z.string().nullable(),
    test: z.string().nullable(),
  }),
});
export type DataRecord = z.infer<typeof dataRecordSchema>;

/** What of a run's data is not as it was when the run was prepared. */
export const dataChangeSchema = z.object({
  /** Null: the run recorded a fingerprint of them all and nothing of each. */
  files: z
    .array(
      z.object({
        name: z.string(),
        change: z.enum(['contents', 'added', 'missing']),
        /** Null: there was or is none. */
        sizeBefore: z.number().nullable(),
        sizeNow: z.number().nullable(),
      }),
    )
    .nullable(),
  /** Null: not recorded, or the data was not read. */
  columns: z.object({ added: z.array(z.string()), missing: z.array(z.string()) }).nullable(),
  /** Null: the data was not read. */
  rows: z.object({ before: rowCountsSchema, now: rowCountsSchema }).nullable(),
  /** Whether a model is given the same rows of a split; null: not recorded, or the data was not read. */
  split: z.object({ name: splitNameSchema, same: z.boolean() }).nullable(),
});
export type DataChange = z.infer<typeof dataChangeSchema>;

/** What a run recorded of its data; parts are null in runs of older versions. */
export interface RecordedData {
  readonly fingerprint: string | null;
  readonly record: DataRecord | null;
  readonly rows: RowCounts | null;
}

/** The same of the data as it is now. */
export interface PresentData {
  readonly fingerprint: string;
  readonly files: DataRecord['files'];
  /** Null: only the files were looked at. */
  readonly read: {
    readonly record: Pick<DataRecord, 'columns' | 'splits'>;
    readonly rows: RowCounts;
  } | null;
}

/**
 * @param split Whose rows are compared.
 * @returns Null where nothing has changed, or the run recorded nothing to compare with.
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

/** A change in words: one sentence a part, the most important first. */
export function dataChangeWords({ files, columns, rows, split }: DataChange): string[] {
  const found: string[] = [];
  if (files === null) found.push('The contents of its files are not what they were.');
  for (const { name, change, sizeBefore, sizeNow } of files ?? []) {
    if (change === 'missing') found.push(`${name} is not there any more.`);
    else if (change === 'added') found.push(`${name} is new.`);
    else {
      const sizes = sizeBefore === sizeNow ? '' : ` (${count(sizeBefore!)} bytes then, ${count(sizeNow!)} now)`;
      found.push(`${name} has other contents${sizes}.`);
    }
  }
  if (columns !== null) {
    if (columns.missing.length > 0) found.push(`Columns that are gone: ${columns.missing.join(', ')}.`);
    if (columns.added.length > 0) found.push(`Columns that are new: ${columns.added.join(', ')}.`);
  }
  if (rows !== null) {
    const parts = (['train', 'validation', 'test', 'dropped'] as const)
      .filter((name) => rows.before[name] !== rows.now[name])
      .map((name) => `${count(rows.before[name])} ${name} rows then, ${count(rows.now[name])} now`);
    if (parts.length > 0) found.push(`${parts.join('; ')}.`);
  }
  if (split?.same === true) found.push(`The ${split.name} rows are the same as in training.`);
  if (split?.same === false) {
    found.push(
      files?.length === 0
        ? `The files are the same, but a model is given other numbers of the ${split.name} rows: their settings or this version of Lamina prepare them otherwise.`
        : `The ${split.name} rows are not those of the run: rows that it was trained on may be among them.`,
    );
  }
  return found;
}
