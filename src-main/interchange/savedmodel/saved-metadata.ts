import { objectOf, textOf } from '../../../src-shared/interchange/keras/generations/unchecked-json.ts';
import type { JsonObject } from '../../../src-shared/interchange/keras/generations/unchecked-json.ts';
import { parseJson } from '../../../src-shared/text/parse-json.ts';
import { bytesOf, fieldsOf, textOf as textOfField } from '../protobuf/message.ts';

/** What Keras recorded of an object of a SavedModel: a model, a layer or a metric. */
export interface SavedObject {
  /** From the root, which is 'root': 'root.layer_with_weights-0.cell'. */
  readonly path: string;
  /** '_tf_keras_network', '_tf_keras_layer', '_tf_keras_metric'. */
  readonly identifier: string;
  /** Its configuration, unchecked. */
  readonly metadata: JsonObject;
}

/**
 * Reads `keras_metadata.pb`, the message SavedMetadata of Keras 2.5 and later.
 * Source: https://github.com/keras-team/tf-keras/blob/master/tf_keras/protobuf/saved_metadata.proto
 *
 * @throws RangeError, SyntaxError if it is damaged.
 */
export function savedObjects(bytes: Uint8Array): readonly SavedObject[] {
  const objects: SavedObject[] = [];
  for (const [number, value] of fieldsOf(bytes)) if (number === 1) objects.push(objectIn(bytesOf(value)));
  return objects;
}

function objectIn(bytes: Uint8Array): SavedObject {
  const texts = new Map<number, string>();
  for (const [number, value] of fieldsOf(bytes)) {
    if (number >= 3 && number <= 5) texts.set(number, textOfField(value));
  }
  const metadata = objectOf(parseJson(texts.get(5) ?? '{}')) ?? {};
  return { path: texts.get(3) ?? '', identifier: texts.get(4) ?? '', metadata };
}

/** The name that Keras gave an object; null: it has none. */
export const nameOfObject = ({ metadata }: SavedObject): string | null => textOf(metadata['name']);
