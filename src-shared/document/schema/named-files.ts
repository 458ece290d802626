/** The content hashes in a text: all files of `artifacts/` that a document can name. */
export function hashesIn(text: string): Set<string> {
  return new Set(text.match(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g));
}
