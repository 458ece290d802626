/** Predictions of an exported model may differ by this much: float32 sums in another order. */
export const PARITY_LIMIT = 1e-5;

/** A folder name from a model's name and its run: 'MNIST 300-100' and 3 → 'mnist-300-100-run-3'. */
export function exportFolderName(modelName: string, runNumber: number): string {
  const words = modelName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `${words === '' ? 'model' : words}-run-${runNumber}`;
}
