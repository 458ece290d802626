/**
 * What became of a model that was opened from a file of another program.
 */

/** 'note': nothing that is computed changes; 'changed': to be accepted by a person; 'refused': the file is not opened. */
export type LossSeverity = 'note' | 'changed' | 'refused';

/** Something that was changed, or could not be taken over. */
export interface ImportLoss {
  /** Stable: 'keras/argument-unsupported'. */
  readonly code: string;
  readonly severity: LossSeverity;
  /** Path of the layer in the file, 'tower/dense'; null: the model as a whole. */
  readonly layer: string | null;
  /** What was expected, what was received and what to do. */
  readonly message: string;
}

/** Position of a layer of the sketch: its index; for a layer in a block, the indices from the outside to the inside. */
export type SketchPlace = readonly number[];

/** A layer of the file. */
export interface ImportedLayer {
  /** Names of the nested models and of the layer, joined by slashes: 'tower/dense'. Names may have slashes themselves. */
  readonly path: string;
  /** As in the file. */
  readonly className: string;
  /** One for each call of the layer, in order; the layer at the first one has the weights. Empty: it became none. */
  readonly places: readonly SketchPlace[];
}

export interface ImportReport<Layer extends ImportedLayer = ImportedLayer> {
  /** In the order of the file, inputs included. */
  readonly layers: readonly Layer[];
  readonly losses: readonly ImportLoss[];
}

export function isRefused({ losses }: ImportReport): boolean {
  return losses.some(({ severity }) => severity === 'refused');
}
