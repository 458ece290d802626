import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { parseJson } from '../../../../src-shared/text/parse-json.ts';

/** How one kind of document is read. */
export interface DocumentKind<Document> {
  /** For messages: 'model', 'dataset', 'project'. */
  readonly title: string;
  /**
   * @param value Parsed JSON.
   * @returns The document, and what of it could not be read and was left out.
   * @throws AppError where nothing of it can be used.
   */
  parse(value: unknown, fileName: string): { document: Document; warnings: readonly AppError[] };
}

export interface ReadDocument<Document> {
  /** Null where nothing of it can be used. */
  readonly document: Document | null;
  /** What is wrong with the file; empty for a whole one. */
  readonly problems: readonly AppError[];
}

/** Reads a document's text; what is wrong with it is data, naming the file and the place. */
export function readDocument<Document>(
  kind: DocumentKind<Document>,
  fileName: string,
  text: string,
): ReadDocument<Document> {
  let json: unknown;
  try {
    json = parseJson(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const problem = new AppError(
      'project/damaged-document',
      `'${fileName}' is damaged: expected a ${kind.title} document, received text that cannot be read as JSON (${reason}). Restore it from a copy, or correct it by hand.`,
      { fileName },
    );
    return { document: null, problems: [problem] };
  }
  try {
    const { document, warnings } = kind.parse(json, `'${fileName}'`);
    return { document, problems: warnings };
  } catch (error) {
    if (error instanceof AppError) return { document: null, problems: [error] };
    throw error;
  }
}
