/** A format of model files that can be opened. */
export interface ModelFormat {
  /** For lists and messages: 'Keras model'. */
  readonly label: string;
  /** Ends of the names of its files, in lower case. */
  readonly suffixes: readonly string[];
}

/** By the name that `lamina import --json` prints. The importers are in `src-main/interchange`. */
export const modelFormats = {
  keras: { label: 'Keras', suffixes: ['.keras'] },
  'keras-h5': { label: 'Keras HDF5', suffixes: ['.h5', '.hdf5'] },
  'tfjs-layers': { label: 'TensorFlow.js layers', suffixes: ['.json'] },
  'keras-json': { label: 'Keras configuration', suffixes: ['.json'] },
} as const satisfies Record<string, ModelFormat>;

export type ModelFormatName = keyof typeof modelFormats;
export const modelFormatNames = Object.keys(modelFormats) as [ModelFormatName, ...ModelFormatName[]];

/** Whether a file may be a model, by its name. */
export function isModelFileName(name: string): boolean {
  const lower = name.toLowerCase();
  return Object.values(modelFormats).some(({ suffixes }) => suffixes.some((suffix) => lower.endsWith(suffix)));
}

/** What can be opened, for messages: 'Keras model (.keras), …'. */
export function modelFormatsText(): string {
  return Object.values(modelFormats)
    .map(({ label, suffixes }) => `${label} (${suffixes.join(', ')})`)
    .join(', ');
}
