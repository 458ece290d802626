import { z } from 'zod';

// Result of reading a model file of another program.

/** A part of the file that was changed, or could not be used. */
export const importLossSchema = z.object({
  /** Stable: 'keras/argument-unsupported'. */
  code: z.string(),
  /** 'note': results are the same; 'changed': a person accepts it first; 'refused': the file is not opened. */
  severity: z.enum(['note', 'changed', 'refused']),
  /** Path of the layer in the file, 'tower/dense'; null: the model as a whole. */
  layer: z.string().nullable(),
  /** What was expected, what was received and what to do. */
  message: z.string(),
});
export type ImportLoss = Readonly<z.infer<typeof importLossSchema>>;
export type LossSeverity = ImportLoss['severity'];

/** Changes that put a placeholder in the place of a layer, which cannot be taken: it waits for a replacement. */
const PLACEHOLDERS: ReadonlySet<string> = new Set(['keras/unknown-layer', 'keras/lambda']);

export function leavesPlaceholder({ code }: ImportLoss): boolean {
  return PLACEHOLDERS.has(code);
}

/** What became of a tensor of a file with weights only. */
export const weightMatchSchema = z.object({
  /** Its name in the file. */
  tensor: z.string(),
  /** As in the file. */
  shape: z.array(z.number().int()),
  /** The layer that gets it; null: none. */
  layer: z.string().nullable(),
  /** 'kernel', 'forward_lstm/bias'; null: none. */
  weight: z.string().nullable(),
  /** How it was found; null: it is not used. */
  by: z.enum(['name', 'order', 'shape']).nullable(),
  /** Whether its axes are reordered, because the file has PyTorch's layout. */
  reordered: z.boolean(),
});
export type WeightMatch = Readonly<z.infer<typeof weightMatchSchema>>;

/** What became of a layer of the file. */
export const layerRowSchema = z.object({
  /** Path in the file, 'tower/dense'. */
  layer: z.string(),
  /** As in the file. */
  className: z.string(),
  /** 'taken': it computes what the file says. 'not-taken': it cannot be computed here. */
  outcome: z.enum(['taken', 'changed', 'not-taken']),
  /** Kind of the layer that it became; null: no layer. */
  kind: z.string().nullable(),
  /** What was changed, or why it could not be taken; for the same result, what is written differently. */
  reasons: z.array(z.string()),
  /** Shape of its output, null for the batch axis; null: unknown. */
  shape: z.array(z.number().int().nullable()).nullable(),
  /** The same as the file says it. */
  fileShape: z.array(z.number().int().nullable()).nullable(),
  /** Values in its weights; null: there is no layer. */
  parameters: z.number().int().nullable(),
  /** Values of the file in its weights; null: the file has no weights. */
  fileParameters: z.number().int().nullable(),
});
export type LayerRow = Readonly<z.infer<typeof layerRowSchema>>;

/** Position of a layer of the sketch: its index; for a layer in a block, the indices from the outside to the inside. */
export type SketchPlace = readonly number[];

/** A layer of the file. */
export interface ImportedLayer {
  /** Names of the nested models and of the layer, joined by slashes: 'tower/dense'. Names may have slashes themselves. */
  readonly path: string;
  /** As in the file. */
  readonly className: string;
  /** One for each call of the layer, in order; the first one has the weights. Empty: no layer of the sketch. */
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
