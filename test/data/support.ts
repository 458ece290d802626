import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Column, DatasetDocument, DataSource, Split } from '../../src-shared/data/dataset-document.ts';
import type { DetectOptions } from '../../src-main/data/formats/interface/data-format.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';

/** Real data next to the checkout; tests that need it are skipped without it. */
export const sharedData = resolve(import.meta.dirname, '../../../shared/data');
export const hasSharedData = existsSync(join(sharedData, 'mnist'));

export function writeText(folder: string, name: string, text: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Bytes of an IDX file of uint8 values. */
export function idxBytes(shape: readonly number[], values: readonly number[], type = 0x08): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = type;
  header[3] = shape.length;
  shape.forEach((size, axis) => header.writeUInt32BE(size, 4 + 4 * axis));
  return Buffer.concat([header, Buffer.from(values)]);
}

/** The AppError of a rejected promise; any other outcome fails the test. */
export async function errorOf(promise: Promise<unknown>): Promise<AppError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('Expected an AppError; nothing was thrown.');
}

export function column(name: string, role: Column['role'], more: Partial<Column> = {}): Column {
  return { name, role, type: 'numeric', missing: 'drop-row', scaling: 'none', ...more };
}

export const halves: Split = { train: 0.6, validation: 0.2, test: 0.2, seed: 1, stratify: false };

export function dataset(source: DataSource, columns: Column[], split: Partial<Split> = {}): DatasetDocument {
  return {
    format: 'lamina.dataset',
    version: 2,
    name: 'test',
    source,
    columns,
    split: { ...halves, ...split },
  };
}

/** Collects the reports of a detection. @param last The activity at whose first report it is aborted. */
export function watched(last?: string): {
  readonly reports: (readonly [fraction: number | null, activity: string])[];
  readonly options: DetectOptions;
} {
  const controller = new AbortController();
  const reports: [number | null, string][] = [];
  const onProgress = (fraction: number | null, activity: string): void => {
    reports.push([fraction, activity]);
    if (activity === last) controller.abort();
  };
  return { reports, options: { signal: controller.signal, onProgress } };
}
