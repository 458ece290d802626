import { z } from 'zod';
import { columnSchema, type pictureSettingsSchema } from './columns/column.ts';
import { csvDialectSchema } from './csv-dialect.ts';

/** The dataset document, stored as `*.dataset.json`. It refers to files and does not copy them. */
export const DATASET_FORMAT = 'lamina.dataset';
export const DATASET_VERSION = 2;

/** Examples are pairs of pictures of one split, with the columns 'first', 'second' and 'same'; see `pairs.ts`. */
const pairsSchema = z.object({
  /** Pairs that begin with each picture; every other one is of the same class. */
  perPicture: z.number().int().min(1).max(100),
  seed: z.number().int().nonnegative(),
});

/** A target that is made from the rows themselves, and its column in the document; see `made-target.ts`. */
export const madeTargetSchema = z.discriminatedUnion('kind', [
  /** Each picture in its four quarter turns. */
  z.object({ kind: z.literal('rotation'), column: z.string() }),
  /** Each row, and a row whose values are drawn independently from the rows of its split. */
  z.object({ kind: z.literal('noise'), column: z.string(), seed: z.number().int().nonnegative() }),
  /** The token at a drawn place of a row: it becomes 0, or it and those after it are left out. */
  z.object({
    kind: z.enum(['masked-token', 'next-token']),
    column: z.string(),
    seed: z.number().int().nonnegative(),
    /** Columns of a row's tokens, in their order. Tokens are whole numbers from 0, which is padding, to `vocabulary` - 1. */
    tokens: z.array(z.string()),
    vocabulary: z.number().int().min(2),
  }),
]);

/** Paths are absolute or relative to the project folder; an empty path means "not chosen yet". */
export const dataSourceSchema = z.discriminatedUnion('kind', [
  csvDialectSchema.extend({ kind: z.literal('csv'), path: z.string() }),
  z.object({
    kind: z.literal('idx'),
    /** Folder with train-images-idx3-ubyte, train-labels-idx1-ubyte and t10k- or t3k- or test- pairs, each possibly .gz. */
    path: z.string(),
    pairs: pairsSchema.optional(),
  }),
  z.object({
    kind: z.literal('numpy'),
    /** A .npy or .npz file, or a folder of them with names such as x_train and y_test. */
    path: z.string(),
  }),
  z.object({
    kind: z.literal('cifar'),
    /** Folder with data_batch_1.bin and so on, or train.bin of CIFAR-100, and possibly test batches and names of classes. */
    path: z.string(),
  }),
  z.object({
    kind: z.literal('pictures'),
    /** Folder with a folder of picture files per class, possibly below `train`, `val` (`valid`, `validation`) and `test`. */
    path: z.string(),
    pairs: pairsSchema.optional(),
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

/** A step that keeps some of the rows. Steps apply in order, before missing values are dropped and rows are split. */
export const rowFilterSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('values'),
    /** A categorical column. */
    column: z.string(),
    keep: z.enum(['only', 'except']),
    values: z.array(z.string()),
  }),
  z.object({
    kind: z.literal('condition'),
    column: z.string(),
    /** Rows with a missing value fulfil only 'missing'. */
    is: z.enum(['=', '!=', '<', '<=', '>', '>=', 'missing', 'present']),
    /** Compared as a number in numeric columns, as text in others; not used by 'missing' and 'present'. */
    value: z.union([z.number(), z.string()]).optional(),
  }),
  /** In the order of the source. */
  z.object({ kind: z.enum(['first', 'last']), rows: z.number().int().min(1) }),
  /** Drawn by a hash of row number and seed. */
  z.object({ kind: z.literal('sample'), rows: z.number().int().min(1), seed: z.number().int().nonnegative() }),
]);

export const splitSchema = z.object({
  /** Fractions of the rows. A split that the source gives is used as given; others are taken from its training rows. Sum at most 1. */
  train: z.number().min(0).max(1),
  validation: z.number().min(0).max(1),
  test: z.number().min(0).max(1),
  seed: z.number().int().nonnegative(),
  stratify: z.boolean(),
});

/** What a person should know of a guess, and the change if it is wrong. */
export const remarkSchema = z.object({
  text: z.string(),
  /** What the change does: 'Read the first line as data'. Absent: there is none. */
  label: z.string().optional(),
  /** Other options for reading the table. */
  dialect: csvDialectSchema.optional(),
  /** The column that it is about, with the settings that the change gives it. */
  column: columnSchema.partial().extend({ name: z.string() }).optional(),
});

/** What Lamina guessed of a source. */
export const guessSchema = z.object({
  columns: z.array(columnSchema),
  /** Names of categorical columns whose values are numbers, so that they may be numeric. */
  numbers: z.array(z.string()),
  split: splitSchema,
  /** Of a text table: the options of the source that were guessed; others were chosen. */
  dialect: csvDialectSchema.optional(),
  /** Where the guess is not clear, and what was guessed of the task. Absent: nothing to say. */
  remarks: z.array(remarkSchema).optional(),
});

export const datasetDocumentSchema = z.object({
  format: z.literal(DATASET_FORMAT),
  version: z.literal(DATASET_VERSION),
  name: z.string(),
  /** Which files are needed and where to get them; shown while files are not chosen or missing. */
  wanted: z.string().optional(),
  source: dataSourceSchema,
  columns: z.array(columnSchema),
  /**
   * 'unread': rows without a value in a target are kept, and no target is read: for models whose Outputs all reproduce an
   * Input. Absent: such rows are left out.
   */
  targets: z.literal('unread').optional(),
  /** The only target is not a column of the source. Absent: targets are columns of the source. */
  made: madeTargetSchema.optional(),
  /** Absent: all rows are used. */
  filter: z.array(rowFilterSchema).optional(),
  split: splitSchema,
  /** Guessed when the source was chosen; what differs from it is a person's choice. Absent: everything is. */
  guess: guessSchema.optional(),
});

export type DataSource = z.infer<typeof dataSourceSchema>;
export type Pairs = z.infer<typeof pairsSchema>;
export type MadeTarget = z.infer<typeof madeTargetSchema>;
export type PictureSettings = z.infer<typeof pictureSettingsSchema>;
export type Column = z.infer<typeof columnSchema>;
export type RowFilter = z.infer<typeof rowFilterSchema>;
export type Split = z.infer<typeof splitSchema>;
export type Remark = z.infer<typeof remarkSchema>;
export type Guess = z.infer<typeof guessSchema>;
export type DatasetDocument = z.infer<typeof datasetDocumentSchema>;

/** A document of the current version. */
export function datasetDocument(content: Omit<DatasetDocument, 'format' | 'version'>): DatasetDocument {
  return { format: DATASET_FORMAT, version: DATASET_VERSION, ...content };
}

/** A document of which everything is guessed. @param numbers As in `Guess`. */
export function guessedDataset(
  content: Omit<DatasetDocument, 'format' | 'version' | 'guess'>,
  numbers: readonly string[],
): DatasetDocument {
  const { columns, split } = content;
  return { ...datasetDocument(content), guess: { columns, numbers: [...numbers], split } };
}

/** The document with another scaling of these columns. */
export function withScaling(
  document: DatasetDocument,
  names: readonly string[],
  scaling: Column['scaling'],
): DatasetDocument {
  const columns = document.columns.map((column) => (names.includes(column.name) ? { ...column, scaling } : column));
  return { ...document, columns };
}

/** The data set for a model that reads no target. Pairs are drawn by class, so their targets are read. */
export function withoutTargets(document: DatasetDocument): DatasetDocument {
  return 'pairs' in document.source && document.source.pairs !== undefined
    ? document
    : { ...document, targets: 'unread' };
}

/** Whether a run on the data set learns from no target of the source, as pretraining does. */
export function trainsWithoutLabels({ targets, made }: DatasetDocument): boolean {
  return targets === 'unread' || made !== undefined;
}

export const splitNames = ['train', 'validation', 'test'] as const;
export const splitNameSchema = z.enum(splitNames);
export type SplitName = z.infer<typeof splitNameSchema>;
