import { expect, test } from 'vitest';
import { dataDrop } from '../../src-renderer/features/data/data-drop.ts';
import { modelDrop } from '../../src-renderer/features/model/starting-points/open-model-file.ts';
import type { DroppedItem } from '../../src-renderer/slots/feature.ts';
import type { Stores } from '../../src-renderer/state/stores.ts';
import { projectDrop } from '../../src-renderer/workbench/drop/project-drop.ts';

const stores = {} as Stores;
const targets = [dataDrop(stores), modelDrop(stores), projectDrop(stores, () => {})];

const file = (name: string, text: string | null, path: string | null = null): DroppedItem => ({
  name,
  file: new File([], name),
  path,
  names: [],
  text,
});
const folder = (...names: string[]): DroppedItem => ({
  name: 'folder',
  file: null,
  path: '/folder',
  names,
  text: null,
});

const model = '{"format":"lamina.model"}';

test.each<[string, DroppedItem, string[]]>([
  ['a table', file('a.csv', 'x,y'), ['data']],
  ['a compressed table', file('a.csv.gz', null), ['data']],
  ['a table without an extension', file('birds', 'x,y'), ['data']],
  ['an image file of a folder', file('train-images-idx3-ubyte', null), ['data']],
  ['a picture', file('a.png', null), ['data']],
  ['a Lamina model', file('a.lamina.json', model), ['model']],
  ['a Lamina model of known path', file('a.lamina.json', model, '/p/a.lamina.json'), ['model', 'project']],
  ['a Keras configuration', file('a.json', '{"class_name":"Sequential"}'), ['model']],
  ['a project document', file('lamina-project.json', '{}'), ['project']],
  ['other JSON', file('a.json', '[1]'), []],
  ['a model with weights', file('a.h5', null), ['model']],
  ['weights or data in arrays', file('a.npz', null), ['data', 'model']],
  ['an archive', file('a.zip', null), []],
  ['a folder of classes', folder('ants', 'bees'), ['data']],
  ['a folder of images', folder('train-images-idx3-ubyte', 'train-labels-idx1-ubyte'), ['data']],
  ['a project folder', folder('a.lamina.json', 'a.dataset.json'), ['project']],
  ['a project folder with images', folder('a.lamina.json', 'train-images-idx3-ubyte'), ['data', 'project']],
])('%s fits the right targets', (_, item, expected) => {
  expect(targets.filter((target) => target.fits(item)).map(({ id }) => id)).toEqual(expected);
});
