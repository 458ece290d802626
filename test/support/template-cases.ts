import type { ModelFeatures } from '../../src-shared/compiler/graph/inputs.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import { fitTo } from '../../src-shared/starting-points/fit.ts';
import type { Template } from '../../src-shared/starting-points/templates/template.ts';
import { beginWith, templates } from '../../src-shared/starting-points/templates/catalog.ts';
import { classFeatures, dense, numericFeatures, sequentialDocument } from './documents.ts';

/** Kinds of data, the templates that suit each, and the models that these templates create for it. */

type Column = NonNullable<ModelFeatures['columns']>[number];
const number = (name: string): Column => ({ type: 'numeric', name, offset: 0, scale: 1, fill: null, min: 0, max: 1 });
const category = (name: string, count: number): Column => ({
  type: 'categorical',
  name,
  categories: Array.from({ length: count }, (_, index) => `${name} ${index}`),
  fill: null,
});
const numbers = (count: number) => Array.from({ length: count }, (_, index) => number(`x${index + 1}`));

/** Eight values: six numbers with a category of two in between. */
const mixed = [...numbers(3), category('shore', 2), number('x4'), number('x5'), number('x6')];

const severalTargets: ModelFeatures['targets'] = [
  ...numericFeatures([8]).targets,
  { kind: 'classes', name: 'Größe/size', classes: ['S', 'M', 'L'] },
  { kind: 'classes', name: 'val', classes: ['no', 'yes'] },
];

/** A model for transfer: hidden layers that accept any data, and a head that fits no data here. */
export const trainedModel: ModelDocument = sequentialDocument([
  { kind: 'Flatten' },
  dense(6, 'relu', { name: 'hidden1' }),
  dense(5, 'relu', { name: 'hidden2' }),
  dense(7, 'softmax', { name: 'new_head' }),
]);

const image = (name: string, shape: [number, number, number]): Column => ({
  type: 'image',
  name,
  shape,
  offset: 0,
  scale: 255,
});

const tables = [
  'mlp-regressor',
  'selu-stack',
  'wide-and-deep',
  'multi-input',
  'auxiliary-output',
  'lstm',
  'autoencoder',
  'denoising-autoencoder',
  'transfer-head',
];
const classTables = tables.map((id) => (id === 'mlp-regressor' ? 'mlp-classifier' : id));
const autoencoders = ['autoencoder', 'denoising-autoencoder'];
const images = ['mlp-classifier', 'selu-stack', 'cnn', 'resnet', ...autoencoders, 'transfer-head'];

export interface TemplateCase {
  readonly data: string;
  readonly features: ModelFeatures;
  /** Ids, in the order in which they are offered. */
  readonly suited: readonly string[];
}

export const templateCases: readonly TemplateCase[] = [
  { data: 'a number', features: { ...numericFeatures([8]), columns: mixed }, suited: tables },
  { data: 'two classes', features: { ...classFeatures([4], 2), columns: numbers(4) }, suited: classTables },
  {
    data: 'three classes',
    features: { ...classFeatures([4], 3), columns: [category('a', 2), category('b', 2)] },
    suited: classTables,
  },
  {
    data: 'one column',
    features: { ...numericFeatures([1]), columns: numbers(1) },
    suited: tables.filter((id) => id !== 'multi-input' && id !== 'lstm' && !autoencoders.includes(id)),
  },
  { data: 'grey images of ten classes', features: classFeatures([28, 28, 1], 10), suited: images },
  { data: 'small colour images of two classes', features: classFeatures([8, 8, 3], 2), suited: images },
  { data: 'images of an odd size', features: classFeatures([9, 9, 1], 3), suited: images },
  {
    data: 'a number of images',
    features: numericFeatures([28, 28, 1]),
    suited: ['mlp-regressor', 'selu-stack', 'cnn', 'resnet', ...autoencoders, 'transfer-head'],
  },
  {
    data: 'sequences of a class',
    features: classFeatures([20, 3], 5),
    suited: ['mlp-classifier', 'selu-stack', 'lstm', 'transfer-head'],
  },
  {
    data: 'pairs of images',
    features: {
      ...classFeatures([12, 8, 3], 2),
      columns: [image('first', [12, 8, 3]), image('second', [12, 8, 3])],
    },
    suited: ['branches'],
  },
  {
    data: 'images beside a table',
    features: { ...numericFeatures([4]), columns: [...numbers(4), image('The photo', [4, 9, 1])] },
    suited: ['branches'],
  },
  {
    data: 'images beside a table, with a class and a box',
    features: {
      ...numericFeatures([2]),
      columns: [...numbers(2), image('photo', [8, 8, 3])],
      targets: [
        ...classFeatures([2], 3).targets,
        ...['x1', 'y1', 'x2', 'y2'].map((name) => ({ ...numericFeatures([2]).targets[0]!, name })),
      ],
    },
    suited: ['branches'],
  },
  {
    data: 'several targets',
    features: { ...numericFeatures([8]), columns: mixed, targets: severalTargets },
    suited: tables.toSpliced(tables.indexOf('auxiliary-output'), 0, 'multi-output'),
  },
];

export function templateOf(id: string): Template {
  return templates.find((template) => template.id === id)!;
}

/** The model that a template creates for this data, on a canvas with this model. */
export function begun(template: Template, features: ModelFeatures, open: ModelDocument = trainedModel): ModelDocument {
  let made = 0;
  const createId = () => `${template.id} ${(made += 1)}`;
  const change = beginWith(template, fitTo(features), { document: open, trainedBy: null }, createId);
  return applyChange(open, change);
}
