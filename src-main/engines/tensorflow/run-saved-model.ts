import { loadTensorFlow } from './load.ts';
import type { HostTensor } from '../engine.ts';

/**
 * Loads a SavedModel with TensorFlow and predicts, as anyone who received it would.
 *
 * @param engineFolder Where TensorFlow is installed.
 * @param modelFolder Of the SavedModel; its signature `serving_default` has one input and one output.
 * @param x float32 features, prepared.
 * @returns float32 predictions, row-major.
 * @throws AppError 'engine/…' where TensorFlow does not load; TensorFlow's own error where it refuses the model.
 */
export async function predictWithSavedModel(
  engineFolder: string,
  modelFolder: string,
  x: HostTensor,
): Promise<Float32Array> {
  const { tf } = loadTensorFlow(engineFolder, 0);
  const model = await tf.node.loadSavedModel(modelFolder, ['serve'], 'serving_default');
  const input = tf.tensor(x.data, [...x.shape], x.dtype);
  try {
    const prediction = model.predict(input);
    const tensors = [prediction]
      .flat()
      .flatMap((value) => (value instanceof tf.Tensor ? [value] : Object.values(value)));
    const [output] = tensors;
    if (output === undefined) throw new Error('The SavedModel has no output.');
    const values = Float32Array.from(output.dataSync());
    tf.dispose(tensors);
    return values;
  } finally {
    input.dispose();
    model.dispose();
  }
}
