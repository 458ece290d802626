/** Keys under which programs note the names of classes. */
const KEYS = ['names', 'classes', 'class_names', 'classNames', 'labels', 'id2label'] as const;

/** More names are not a list of classes. */
const MOST_CLASSES = 100_000;

function namesIn(values: readonly unknown[]): readonly string[] | null {
  const isList = values.length >= 2 && values.length <= MOST_CLASSES;
  return isList && values.every((value) => typeof value === 'string') ? values : null;
}

/** Names by their index: { "0": "ants", "1": "bees" }. Null if an index is missing. */
function namesByIndex(entries: readonly (readonly [string, unknown])[]): readonly string[] | null {
  const sorted = entries.toSorted(([a], [b]) => Number(a) - Number(b));
  return sorted.every(([key], index) => Number(key) === index) ? namesIn(sorted.map(([, value]) => value)) : null;
}

function namesOfValue(value: unknown): readonly string[] | null {
  if (Array.isArray(value)) return namesIn(value as unknown[]);
  return typeof value === 'object' && value !== null ? namesByIndex(Object.entries(value)) : null;
}

/** Names of classes in an object of a file's metadata; null: it has none. */
export function classesInJson(value: unknown): readonly string[] | null {
  if (typeof value !== 'object' || value === null) return null;
  const record = value as Readonly<Record<string, unknown>>;
  for (const key of KEYS) {
    const names = Object.hasOwn(record, key) ? namesOfValue(record[key]) : null;
    if (names !== null) return names;
  }
  return null;
}

/** Names of classes in texts by key: JSON, Python's `{0: 'ants', 1: 'bees'}`, or names with commas. Null: none. */
export function classesInMetadata(metadata: ReadonlyMap<string, string>): readonly string[] | null {
  for (const key of KEYS) {
    const text = metadata.get(key)?.trim();
    const names = text === undefined || text === '' ? null : namesInText(text);
    if (names !== null) return names;
  }
  return null;
}

function namesInText(text: string): readonly string[] | null {
  try {
    return namesOfValue(JSON.parse(text));
  } catch {
    // Ultralytics writes a Python dictionary.
    if (/^[[{]/.test(text)) {
      const entries = [...text.matchAll(/(\d+)\s*:\s*(?:'([^']*)'|"([^"]*)")/g)];
      return namesByIndex(entries.map(([, key, single, double]) => [key!, single ?? double] as const));
    }
    return namesIn(text.split(/\s*[,\n]\s*/).filter((name) => name !== ''));
  }
}

/** Names of classes in a text with one on each line, with or without its index: '0 ants'. Null: no such text. */
export function classesInLines(text: string): readonly string[] | null {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const numbered = lines.map((line) => /^(\d+)[\s:,]+(.+)$/.exec(line));
  const areNumbered = numbered.every((match, index) => match !== null && Number(match[1]) === index);
  return namesIn(areNumbered ? numbered.map((match) => match![2]!) : lines);
}
