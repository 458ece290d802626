import { z } from 'zod';
import { columnSchema } from '../data/columns/column.ts';
import { dataSourceSchema, splitNameSchema } from '../data/dataset-document.ts';

// Results of requests on data sets.

export const columnProfileSchema = z.object({
  column: columnSchema,
  rows: z.number().int(),
  missing: z.number().int(),
  distinct: z.number().int(),
  /** Numeric columns. */
  min: z.number().nullable(),
  max: z.number().nullable(),
  mean: z.number().nullable(),
  standardDeviation: z.number().nullable(),
  /** Counts over equal bins from min to max, or over `categories`. */
  histogram: z.array(z.number().int()),
  categories: z.array(z.string()),
});
export type ColumnProfile = z.infer<typeof columnProfileSchema>;

export const dataProfileSchema = z.object({
  source: dataSourceSchema,
  rows: z.number().int(),
  columns: z.array(columnProfileSchema),
  /** First rows as text, in column order; for images, a flat list of bytes per row. */
  preview: z.array(z.array(z.union([z.string(), z.number(), z.null(), z.array(z.number())]))),
  warnings: z.array(z.string()),
  /** Rows of each split that the source gives; absent: it gives none. */
  given: z.object({ train: z.number().int(), validation: z.number().int(), test: z.number().int() }).optional(),
  /** Files that cannot be used, at most 1,000; absent: all can. */
  unreadable: z.array(z.object({ name: z.string(), reason: z.string() })).optional(),
});
export type DataProfile = z.infer<typeof dataProfileSchema>;

const pictureSchema = z.object({
  /** Path relative to the source's folder, with '/'; of a table the cell. */
  name: z.string(),
  /** Of a table the first categorical target of the first row that names it; empty: none. */
  className: z.string(),
  /** Null: the folder gives no splits. Pictures of pairs have the split that they are in. */
  split: splitNameSchema.nullable(),
  /** Pixels of the file; 0 if it cannot be read. */
  width: z.number().int(),
  height: z.number().int(),
  /** Data URL of a WebP of at most 128 pixels a side; null: it cannot be read. */
  thumbnail: z.string().nullable(),
  /** Why it cannot be read. */
  reason: z.string().nullable(),
});

/** Picture files of a data set, or pairs of them. */
export const picturesPageSchema = z.object({
  /** Pictures or pairs of the asked classes and split. */
  total: z.number().int(),
  /** `second`: the other picture of the pair; absent without pairs. */
  pictures: z.array(pictureSchema.extend({ second: pictureSchema.optional() })),
});
export type PicturesPage = z.infer<typeof picturesPageSchema>;

/** Copies of data that was read. */
export const cacheSchema = z.object({ folder: z.string(), sizeBytes: z.number(), limitBytes: z.number() });
export type CacheStatus = z.infer<typeof cacheSchema>;
