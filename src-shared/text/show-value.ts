/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A value of a document for messages: 'many', 3, 1 and 2, nothing, "name 'l2', l2 -1". */
export function showValue(value: Json): string {
  if (value === null) return 'nothing';
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value !== 'object') return String(value);
  const parts = Array.isArray(value)
    ? value.map(partOf)
    : Object.entries(value).map(([key, field]) => `${key} ${partOf(field as Json)}`);
  if (parts.length === 0) return Array.isArray(value) ? 'an empty list' : 'an object without fields';
  return Array.isArray(value) && parts.length > 1
    ? `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}`
    : parts.join(', ');
}

/** An item or field of another value. */
function partOf(value: Json): string {
  const isSeveral = value !== null && typeof value === 'object';
  return isSeveral ? `(${showValue(value)})` : showValue(value);
}
