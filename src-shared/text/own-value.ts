/** The value of a key that is in the table itself: every object also inherits 'constructor', 'toString' and others. */
export function ownValue<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
