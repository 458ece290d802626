/** A new id for a node or an edge: ten random letters and digits. Ids name things and affect no result. */
export function createId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join('');
}
