/** A format of model files that can be opened. */
export interface ModelFormat {
  /** For lists and messages: 'Keras HDF5'. */
  readonly label: string;
  /** File name suffixes, in lower case; none: a folder. */
  readonly suffixes: readonly string[];
}

/** By the name in `lamina import --json`. The importers are in `src-main/interchange`. */
export const modelFormats = {
  keras: { label: 'Keras', suffixes: ['.keras'] },
  'keras-h5': { label: 'Keras HDF5', suffixes: ['.h5', '.hdf5'] },
  'tfjs-layers': { label: 'TensorFlow.js layers', suffixes: ['.json'] },
  'tfjs-graph': { label: 'TensorFlow.js graph', suffixes: ['.json'] },
  onnx: { label: 'ONNX', suffixes: ['.onnx'] },
  tflite: { label: 'TensorFlow Lite', suffixes: ['.tflite'] },
  safetensors: { label: 'Weights in safetensors', suffixes: ['.safetensors'] },
  'keras-savedmodel': { label: 'Keras SavedModel', suffixes: ['saved_model.pb'] },
  savedmodel: { label: 'TensorFlow SavedModel', suffixes: ['saved_model.pb'] },
  'tf-checkpoint': { label: 'TensorFlow checkpoint', suffixes: ['.index'] },
  npz: { label: 'Weights in NumPy arrays', suffixes: ['.npz'] },
  'keras-json': { label: 'Keras configuration', suffixes: ['.json'] },
  'keras-code': { label: 'Keras code', suffixes: ['.py'] },
  'lamina-project': { label: 'Lamina project', suffixes: [] },
} as const satisfies Record<string, ModelFormat>;

export type ModelFormatName = keyof typeof modelFormats;
export const modelFormatNames = Object.keys(modelFormats) as [ModelFormatName, ...ModelFormatName[]];

/** Whether a file with this name can be a model. */
export function isModelFileName(name: string): boolean {
  const lower = name.toLowerCase();
  const formats: readonly ModelFormat[] = Object.values(modelFormats);
  return formats.some(({ suffixes }) => suffixes.some((suffix) => lower.endsWith(suffix)));
}

/** All formats, for messages: 'Keras (.keras), Keras HDF5 (.h5, .hdf5), …'. */
export function modelFormatsText(): string {
  return Object.values(modelFormats)
    .map(({ label, suffixes }) => `${label} (${suffixes.length === 0 ? 'a folder' : suffixes.join(', ')})`)
    .join(', ');
}
