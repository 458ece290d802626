import { AppError } from '../errors/app-error.ts';

/** Limit of nested lists and objects: more than documents and Keras configurations need, and safe for recursion. */
export const MAX_JSON_DEPTH = 256;

/**
 * `JSON.parse` for files and pasted text, with a limit on the depth of lists and objects.
 * @throws SyntaxError if the text is deeper, or not JSON.
 */
export function parseJson(text: string): unknown {
  if (isDeeper(text, MAX_JSON_DEPTH)) {
    throw new SyntaxError(`lists or objects nested more than ${MAX_JSON_DEPTH} deep`);
  }
  return JSON.parse(text);
}

/**
 * @param file Name for the message.
 * @throws AppError `document/too-deep` if `parseJson` would reject the text.
 */
export function checkDepth(text: string, file: string): void {
  if (!isDeeper(text, MAX_JSON_DEPTH)) return;
  throw new AppError(
    'document/too-deep',
    `Cannot write ${file}: expected lists and objects nested at most ${MAX_JSON_DEPTH} deep; received more. Make the value simpler.`,
  );
}

/** Counts brackets outside strings. Valid for JSON text only. */
function isDeeper(text: string, limit: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') {
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === '\\') i++;
    } else if (character === '[' || character === '{') {
      if (++depth > limit) return true;
    } else if (character === ']' || character === '}') depth--;
  }
  return false;
}
