import { z } from 'zod';

/** The dataset document, stored as `*.dataset.json`. It refers to files and does not copy them. */
export const DATASET_FORMAT = 'lamina.dataset';
export const DATASET_VERSION = 1;

/** Paths are absolute or relative to the project folder; an empty path means "not chosen yet". */
export const dataSourceSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('csv'),
    path: z.string(),
    /** One character; absent: detected from the first lines. */
    delimiter: z.string().length(1).optional(),
  }),
  z.object({
    kind: z.literal('idx'),
    /** Folder with train-images-idx3-ubyte, train-labels-idx1-ubyte and t10k- or t3k- or test- pairs, each possibly .gz. */
    path: z.string(),
  }),
  z.object({
    kind: z.literal('generated'),
    generator: z.enum(['spirals', 'moons', 'circles', 'xor', 'blobs', 'flowers']),
    samples: z.number().int().min(10).max(1_000_000),
    classes: z.number().int().min(2).max(10),
    noise: z.number().min(0),
    seed: z.number().int().nonnegative(),
  }),
]);

export const columnSchema = z.object({
  /** Header of the CSV column; 'image' and 'label' for IDX; those of `generatedColumns` for generated data. */
  name: z.string(),
  /** Several columns may be targets. 'weight': sample weight in the loss; at most one column. */
  role: z.enum(['feature', 'target', 'weight', 'ignored']),
  type: z.enum(['numeric', 'categorical', 'image']),
  /** Replacement of missing values, fitted on training rows. 'category': an additional category (categorical only). */
  missing: z.enum(['drop-row', 'mean', 'median', 'most-frequent', 'category', 'zero']),
  /** For numeric and image columns; 'unit' divides bytes by 255. */
  scaling: z.enum(['none', 'standard', 'min-max', 'unit']),
  /** Shown after the column's values: 'USD'. */
  unit: z.string().optional(),
});

export const splitSchema = z.object({
  /** Fractions of the rows (of the training files, if the source has separate test files). Sum at most 1. */
  train: z.number().min(0).max(1),
  validation: z.number().min(0).max(1),
  test: z.number().min(0).max(1),
  seed: z.number().int().nonnegative(),
  stratify: z.boolean(),
});

export const datasetDocumentSchema = z.object({
  format: z.literal(DATASET_FORMAT),
  version: z.literal(DATASET_VERSION),
  name: z.string(),
  /** Which files are needed and where to get them; shown while files are not chosen or missing. */
  wanted: z.string().optional(),
  source: dataSourceSchema,
  columns: z.array(columnSchema),
  split: splitSchema,
});

export type DataSource = z.infer<typeof dataSourceSchema>;
export type Column = z.infer<typeof columnSchema>;
export type Split = z.infer<typeof splitSchema>;
export type DatasetDocument = z.infer<typeof datasetDocumentSchema>;
export const splitNames = ['train', 'validation', 'test'] as const;
export const splitNameSchema = z.enum(splitNames);
export type SplitName = z.infer<typeof splitNameSchema>;
