import type { JsonObject } from './generations/unchecked-json.ts';

/** Where files of weights have a layer whose `class_name` was changed. */
export interface StoredAs {
  /** The class in the file, which names the layer's group. */
  readonly className: string;
  /** Group inside the layer's group; '' for the group itself. */
  readonly inner: string;
  /** The file's name of its only weight; absent: the names of today's class. */
  readonly weightName?: string;
}

const STORED_AS = 'stored_as';

/** Null: the file has the layer under its class. */
export function storedAs(layer: JsonObject): StoredAs | null {
  return (layer[STORED_AS] ?? null) as StoredAs | null;
}

export function withStoredAs(layer: JsonObject, stored: StoredAs): JsonObject {
  return { ...layer, [STORED_AS]: stored };
}
