/** Whether two values are equal as JSON; ignores the order of fields. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [one, other] = [fieldsOf(a), fieldsOf(b)];
  return one.size === other.size && [...one].every(([key, value]) => other.has(key) && sameJson(value, other.get(key)));
}

/** JSON omits fields that are undefined. */
function fieldsOf(value: object): Map<string, unknown> {
  return new Map(Object.entries(value).filter(([, field]) => field !== undefined));
}
