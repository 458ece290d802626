import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';

/** A tensor as values of float32. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

interface ModelJson {
  readonly modelTopology: object;
  readonly signature?: object;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly tf.io.WeightsManifestEntry[];
  }[];
}

/**
 * Predictions of TensorFlow.js for a graph model, computed by its own kernels.
 *
 * @param inputs By the name of the input's node.
 * @param outputs Names of nodes.
 */
export async function tfjsPredictions(
  path: string,
  inputs: Readonly<Record<string, Values>>,
  outputs: readonly string[],
): Promise<Values[]> {
  const json = JSON.parse(readFileSync(path, 'utf8')) as ModelJson;
  const files = json.weightsManifest.flatMap(({ paths }) =>
    paths.map((name) => readFileSync(join(dirname(path), name))),
  );
  const bytes = Buffer.concat(files);
  // A TensorFlow engine that was loaded in this process is the backend, and needs to be.
  const before = tf.getBackend();
  await tf.setBackend('cpu');
  const model = await tf.loadGraphModel(
    tf.io.fromMemory({
      modelTopology: json.modelTopology,
      ...(json.signature === undefined ? {} : { signature: json.signature }),
      weightSpecs: json.weightsManifest.flatMap(({ weights }) => weights),
      weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    }),
  );
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => {
      const dtype = model.inputs.find((input) => input.name === name)?.dtype ?? 'float32';
      return [name, tf.tensor(data, [...shape], dtype)];
    }),
  );
  const results = model.execute(feeds, [...outputs]);
  const values = await Promise.all(
    (Array.isArray(results) ? results : [results]).map(async (result) => ({
      shape: result.shape,
      data: Float32Array.from(await result.data()),
    })),
  );
  if (before !== undefined && before !== 'cpu') await tf.setBackend(before);
  return values;
}
