import { AppError } from '../errors/app-error.ts';

/** Documents and Keras configurations stay far below; who walks a value recursively must not run out of stack. */
export const MAX_JSON_DEPTH = 256;

/**
 * `JSON.parse` for texts from outside, with a limit on lists and objects within each other.
 * @throws SyntaxError with the reason.
 */
export function parseJson(text: string): unknown {
  if (isDeeper(text, MAX_JSON_DEPTH)) {
    throw new SyntaxError(`lists or objects nested more than ${MAX_JSON_DEPTH} deep`);
  }
  return JSON.parse(text);
}

/** @throws AppError `document/too-deep` of a text that `parseJson` would refuse. @param file Named in the message. */
export function checkDepth(text: string, file: string): void {
  if (!isDeeper(text, MAX_JSON_DEPTH)) return;
  throw new AppError(
    'document/too-deep',
    `Cannot write ${file}: expected lists and objects nested at most ${MAX_JSON_DEPTH} deep; received more. Make the value simpler.`,
  );
}

/** Counts brackets outside strings; of a text that is no JSON, what it says does not matter. */
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
