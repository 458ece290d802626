import { loadTensorFlow } from './load.ts';
import type { HostTensor } from '../interface/engine.ts';

/**
 * Loads a SavedModel with TensorFlow and predicts, like a user of the exported model.
 *
 * @param engineFolder Folder of the installed TensorFlow.
 * @param modelFolder Folder of the SavedModel.
 * @param inputs Encoded features by input name of the signature `serving_default`.
 * @returns float32 predictions, row-major, by output name.
 * @throws AppError 'engine/…' if TensorFlow cannot be loaded; TensorFlow's error if it rejects the model.
 */
export async function predictWithSavedModel(
  engineFolder: string,
  modelFolder: string,
  inputs: ReadonlyMap<string, HostTensor>,
): Promise<Map<string, Float32Array>> {
  const { tf } = loadTensorFlow(engineFolder, 0);
  const model = await tf.node.loadSavedModel(modelFolder, ['serve'], 'serving_default');
  const fed = Object.fromEntries(
    [...inputs].map(([name, { data, shape, dtype }]) => [name, tf.tensor(data, [...shape], dtype)]),
  );
  try {
    const fetched = model.predict(fed) as Record<string, ReturnType<typeof tf.tensor>>;
    const values = Object.entries(fetched).map(
      ([name, tensor]) => [name, Float32Array.from(tensor.dataSync())] as const,
    );
    tf.dispose(fetched);
    return new Map(values);
  } finally {
    tf.dispose(fed);
    model.dispose();
  }
}
