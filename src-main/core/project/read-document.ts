import type { z } from 'zod';
import { AppError } from '../../../src-shared/contract/app-error.ts';
import { issuesText } from '../../../src-shared/contract/dispatcher.ts';

/** How one kind of document is recognized, checked and, where damaged, partly saved. */
export interface DocumentKind<Document> {
  /** For messages: 'model', 'dataset', 'project'. */
  readonly title: string;
  readonly format: string;
  readonly version: number;
  readonly schema: z.ZodType<Document>;
  /** What can still be used of a document that its schema refuses; null where nothing can. */
  salvage?(json: Record<string, unknown>): Document | null;
}

export type ReadDocument<Document> =
  | { readonly ok: true; readonly document: Document }
  | { readonly ok: false; readonly problem: AppError; readonly salvaged: Document | null };

/** Reads a document's text; what is wrong with it is data, naming the file and the place. */
export function readDocument<Document>(
  kind: DocumentKind<Document>,
  fileName: string,
  text: string,
): ReadDocument<Document> {
  const { title } = kind;
  const damaged = (what: string, salvaged: Document | null = null): ReadDocument<Document> => ({
    ok: false,
    problem: new AppError('project/damaged-document', `'${fileName}' is not a readable ${title} document: ${what}`, {
      fileName,
    }),
    salvaged,
  });

  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return damaged(`it is not valid JSON (${error instanceof Error ? error.message : String(error)}).`);
  }
  if (!isRecord(json)) return damaged('expected a JSON object.');
  if (json['format'] !== kind.format) {
    return damaged(`expected "format": "${kind.format}", received ${shown(json['format'])}.`);
  }
  const version = json['version'];
  if (typeof version === 'number' && version > kind.version) {
    return {
      ok: false,
      problem: new AppError(
        'project/newer-document',
        `'${fileName}' was written by a newer Lamina (${title} format ${version}; this one reads up to ${kind.version}). Update Lamina to open it.`,
        { fileName, version },
      ),
      salvaged: null,
    };
  }
  const parsed = kind.schema.safeParse(json);
  if (parsed.success) return { ok: true, document: parsed.data };
  return damaged(`${issuesText(parsed.error)}.`, kind.salvage?.(json) ?? null);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80);
}
