import type { Column, DatasetDocument, DataSource, Pairs } from './dataset-document.ts';

/** Sources of one image and one class per row, of which pairs "same or different" can be drawn. */
export type PairSource = Extract<DataSource, { kind: 'pictures' | 'idx' }>;

/** Columns of single pictures. */
const singleColumns = {
  pictures: { image: 'picture', class: 'class' },
  idx: { image: 'image', class: 'label' },
} as const satisfies Record<PairSource['kind'], unknown>;

/** Columns of pairs, besides the class of the first picture. */
export const pairColumns = { first: 'first', second: 'second', same: 'same' } as const;

/** Classes of the target 'same', in class order: the positive class is 'same'. */
export const pairClasses = ['different', 'same'] as const;

export const canPair = (source: DataSource): source is PairSource => source.kind in singleColumns;

/** How pairs are drawn; null: examples are not pairs. */
export function pairsOf({ source }: Pick<DatasetDocument, 'source'>): Pairs | null {
  return canPair(source) ? (source.pairs ?? null) : null;
}

/** Names of the columns with the image and the class of a single picture. */
export const singleColumnsOf = ({ kind }: PairSource): { readonly image: string; readonly class: string } =>
  singleColumns[kind];

/**
 * The document with pairs as examples. The image's settings go to both pictures; the class is ignored, so that a filter
 * can still select by it.
 */
export function withPairs(document: DatasetDocument, pairs: Pairs): DatasetDocument {
  const { source, columns } = document;
  if (!canPair(source)) return document;
  if (source.pairs !== undefined) return { ...document, source: { ...source, pairs } };
  const names = singleColumns[source.kind];
  const image = columns.find(({ name }) => name === names.image) ?? imageColumn(names.image);
  return {
    ...document,
    source: { ...source, pairs },
    columns: [
      { ...image, name: pairColumns.first, role: 'feature' },
      { ...image, name: pairColumns.second, role: 'feature' },
      { ...classColumn(pairColumns.same), role: 'target' },
      { ...classColumn(names.class), role: 'ignored' },
    ],
  };
}

/** The document with single pictures as examples: those of which the pairs are drawn. */
export function withoutPairs(document: DatasetDocument): DatasetDocument {
  const { source, columns } = document;
  if (!canPair(source) || source.pairs === undefined) return document;
  const { pairs: _, ...single } = source;
  const names = singleColumns[source.kind];
  const image = columns.find(({ name }) => name === pairColumns.first) ?? imageColumn(names.image);
  return {
    ...document,
    source: single,
    columns: [
      { ...image, name: names.image, role: 'feature' },
      { ...classColumn(names.class), role: 'target' },
    ],
  };
}

const imageColumn = (name: string): Column => ({
  name,
  role: 'feature',
  type: 'image',
  missing: 'drop-row',
  scaling: 'unit',
});

const classColumn = (name: string): Column => ({
  name,
  role: 'target',
  type: 'categorical',
  missing: 'drop-row',
  scaling: 'none',
});
