import { z } from 'zod';
import { engineUseSchema, epochRecordSchema } from '../training/run/run.ts';

// Parameters and results of requests on runs.

/** Cell values of one row by column name, as text or numbers; absent or null is missing. For images a flat list of bytes. */
/** A cell of an image column is a list of pixels, a path or a `data:` URL of a picture. */
export const inputRowSchema = z.record(z.string(), z.union([z.string(), z.number(), z.null(), z.array(z.number())]));
export type InputRow = z.infer<typeof inputRowSchema>;

export const weightChangeSchema = z.object({
  /** State name: layer name, slash, weight name, which may have slashes: 'attention/query/kernel'. */
  name: z.string(),
  layer: z.string(),
  shape: z.array(z.number().int()),
  frozen: z.boolean(),
  /**
   * L2 norm of (checkpoint - initial) over the L2 norm of initial; over 1 where initial is all zero.
   * Null where a weight is not a finite number.
   */
  relativeChange: z.number().nullable(),
  /** Null where a weight is not a finite number. */
  maxAbsoluteChange: z.number().nullable(),
});
export type WeightChange = z.infer<typeof weightChangeSchema>;

/** One target of one Output. */
export const predictionSchema = z.object({
  /** Name of the Output. */
  output: z.string(),
  /** Name of the column of the target, or of the feature that is reproduced. */
  target: z.string(),
  /** For classes: probabilities in the order of `classes`. */
  probabilities: z.array(z.number()).optional(),
  classes: z.array(z.string()).optional(),
  /** Class name, the value in the target's own unit, or of a reproduced image its pixels row by row. */
  value: z.union([z.string(), z.number(), z.array(z.number())]),
  unit: z.string().optional(),
  /** Of Monte Carlo layers' draws, whose means the others are: one a probability, or one for the value in its unit. */
  standardDeviations: z.array(z.number()).optional(),
});
export type Prediction = z.infer<typeof predictionSchema>;

/** What the model makes of one row: every target of every Output. */
export const rowPredictionSchema = z.object({
  predictions: z.array(predictionSchema),
  /** Draws that were made; absent where the model has no Monte Carlo layer. */
  draws: z.number().int().optional(),
  /** The engine that computed it. */
  engine: engineUseSchema.optional(),
  /** Pixels, 0 to 255, of the pictures that its cells name, by column; only if one row is predicted. */
  images: z.record(z.string(), z.array(z.number())).optional(),
  /** What the row held that training never saw, and how it was taken. */
  warnings: z.array(z.string()).optional(),
});
export type RowPrediction = z.infer<typeof rowPredictionSchema>;

/** A row of a split with its true targets by column name. */
export const sampleSchema = z.object({
  row: inputRowSchema,
  targets: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type Sample = z.infer<typeof sampleSchema>;

/** Step losses, decimated to at most `maxPoints` with minima and maxima kept, [step, loss]. */
export const seriesSchema = z.object({
  points: z.array(z.tuple([z.number(), z.number()])),
  epochs: z.array(epochRecordSchema),
  /** Events up to this `seq` are contained. */
  seq: z.number().int(),
});
export type Series = z.infer<typeof seriesSchema>;

/** What a trained model can be exported to; the first is the default. */
export const exportFormats = ['savedmodel'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Draws of each row where a model has Monte Carlo layers and the request names no number. */
export const DEFAULT_DRAWS = 100;
