import { columnTypeOf } from '../../data/columns/registry.ts';
import type { ModelFeatures } from '../../compiler/graph/inputs.ts';
import type { Fit } from '../fit.ts';
import { featureTensors } from '../../data/feature-tensors.ts';
import { conv, hidden, layerNameOf, needsRows, TemplateBuilder } from './template.ts';
import type { SketchTemplate } from './template.ts';

/** The columns of one Input. */
interface Part {
  /** Name of the Input. */
  readonly name: string;
  readonly columns: readonly string[];
}

/** Numeric and categorical columns; if all are of one kind, the first and the second half. */
function partsOf({ columns = [] }: ModelFeatures): readonly [Part, Part] | null {
  if (columns.length < 2) return null;
  const named = (classes: boolean): string[] =>
    columns
      .filter((column) => columnTypeOf(column).inTable && columnTypeOf(column).hasClasses === classes)
      .map(({ name }) => name);
  const [numbers, categories] = [named(false), named(true)];
  if (numbers.length > 0 && categories.length > 0) {
    return [
      { name: 'numbers', columns: numbers },
      { name: 'categories', columns: categories },
    ];
  }
  const names = columns.map(({ name }) => name);
  const middle = Math.ceil(names.length / 2);
  return [
    { name: 'first_columns', columns: names.slice(0, middle) },
    { name: 'other_columns', columns: names.slice(middle) },
  ];
}

const partsFor = ({ features }: Fit) => (features === undefined ? null : partsOf(features));

export const multiInput: SketchTemplate = {
  id: 'multi-input',
  title: 'Two inputs',
  description: 'Separate Inputs and layers for columns of different kinds, joined afterwards.',
  note: (fit) => {
    const parts = partsFor(fit);
    return parts === null ? null : `Here: ${parts.map(({ columns }) => inWords(columns)).join(' and ')}.`;
  },
  unsuited: (fit) => {
    if (fit.features === undefined) return 'Choose data first: its columns are distributed over the Inputs.';
    return needsRows(fit) ?? (partsFor(fit) === null ? 'Needs two columns or more; this data has one.' : null);
  },
  build: (fit) => {
    const sketch = new TemplateBuilder(fit);
    const ways = (partsFor(fit) ?? []).map(({ name, columns }) => {
      sketch.add('Input', { columns: [...columns] }, [], name);
      return sketch.add('Dense', hidden(name === 'categories' ? 8 : 30));
    });
    sketch.add('Concatenate', {}, ways);
    sketch.add('Dense', hidden(30));
    sketch.end();
    return sketch.layers;
  },
};

/** Smallest height and width of an image for the convolutions of `branches`. */
const SMALLEST_IMAGE = 4;

export const branches: SketchTemplate = {
  id: 'branches',
  title: 'One branch per input',
  description:
    'Convolutions for each image and a dense layer for the other columns, joined afterwards: for pairs of images, or images beside a table. With several targets, an Output for each class and one for all numbers.',
  unsuited: ({ features }) => {
    const tensors = features === undefined ? [] : featureTensors(features);
    if (tensors.length < 2) return 'For data with several images, or images and other columns.';
    const sizes = tensors.filter(({ shape }) => shape.length === 3).flatMap(({ shape }) => shape.slice(0, 2));
    return Math.min(...sizes) >= SMALLEST_IMAGE ? null : `For images of ${SMALLEST_IMAGE} × ${SMALLEST_IMAGE} or more.`;
  },
  build: (fit) => {
    const sketch = new TemplateBuilder(fit);
    const tensors = fit.features === undefined ? [] : featureTensors(fit.features);
    const ways = tensors.map(({ shape, columns }) => {
      const [first] = columns;
      const isImage = shape.length === 3;
      sketch.add(
        'Input',
        { columns: columns.map(({ name }) => name) },
        [],
        isImage ? layerNameOf(first!.name) : 'table',
      );
      if (!isImage) return sketch.add('Dense', hidden(30));
      sketch.add('Conv2D', conv(16));
      sketch.add('MaxPooling2D');
      sketch.add('Conv2D', conv(32));
      sketch.add('MaxPooling2D');
      sketch.add('Flatten');
      return sketch.add('Dense', hidden(64));
    });
    sketch.add('Concatenate', {}, ways);
    sketch.endForAll([sketch.add('Dense', hidden(64))]);
    return sketch.layers;
  },
};

/** 'longitude, …, median_income (8)', 'ocean_proximity'. */
function inWords(columns: readonly string[]): string {
  return columns.length <= 2 ? columns.join(', ') : `${columns[0]}, …, ${columns.at(-1)} (${columns.length})`;
}
