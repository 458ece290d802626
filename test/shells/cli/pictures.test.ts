import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findTensorFlow } from '../../../src-main/engine-setup/cache.ts';
import type { Column } from '../../../src-shared/data/dataset-document.ts';
import type { JsonValue, ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { column, dataset } from '../../data/support.ts';
import { writePicture } from '../../support/pictures.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { jsonLines, lamina } from './lamina.ts';
import { portion } from '../../support/portion.ts';

async function outputOf(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await lamina(...args);
  expect(status, stderr).toBe(0);
  return stdout;
}

const picture = (name: string): Column =>
  column(name, 'feature', {
    type: 'image',
    scaling: 'unit',
    picture: { width: 6, height: 4, fit: 'crop', colour: 'rgb' },
  });

type Layer = readonly [id: string, kind: string, params: Record<string, JsonValue>, from: readonly string[]];

function modelOf(layers: readonly Layer[]): ModelDocument {
  return {
    format: 'lamina.model',
    version: 6,
    name: 'test',
    blocks: [],
    nodes: layers.map(([id, kind, params], i) => ({
      id,
      kind,
      name: id,
      params,
      position: { x: 0, y: 100 * i },
      frozen: false,
    })),
    edges: layers.flatMap(([id, , , from]) => from.map((source) => ({ id: `${source}-${id}`, source, target: id }))),
  };
}

function writeProject(folder: string, columns: Column[], path: string, layers: readonly Layer[], all = false): void {
  const split = all ? { train: 1, validation: 0, test: 0 } : {};
  const kind = path.endsWith('.csv') ? 'csv' : 'pictures';
  const write = (name: string, value: unknown) => writeFileSync(join(folder, name), JSON.stringify(value));
  write('pets.dataset.json', dataset({ kind, path }, columns, split));
  write('pets.lamina.json', modelOf(layers));
  cpSync('examples/pictures/lamina-project.json', join(folder, 'lamina-project.json'));
  const project = { modelFile: 'pets.lamina.json', datasetFile: 'pets.dataset.json', name: 'pets' };
  write('lamina-project.json', {
    format: 'lamina.project',
    version: 1,
    ...project,
    configuration: {
      optimizer: { kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999 },
      loss: 'auto',
      metrics: [],
      epochs: 2,
      batchSize: 8,
      shuffle: true,
      seed: 1,
      engine: 'auto',
    },
  });
}

const installed = ['onnx', ...(findTensorFlow() === null ? [] : ['tensorflow'])];
/** In `npm test` one of them. */
const engines = portion === 'quick' ? installed.slice(-1) : installed;

describe.each(engines)('a table with two pictures a row, on %s', (engine) => {
  test('trains on a class and a box; evaluating and predicting from paths agree', async () => {
    const folder = temporaryFolder();
    const rows = 24;
    const lines: string[] = [];
    for (let i = 0; i < rows; i++) {
      const [left, right] = [`pictures/l${i}.png`, `pictures/r${i % 5}.png`];
      await writePicture(folder, left, i, 12, 8);
      await writePicture(folder, right, 100 + i, 6, 4);
      lines.push([left, right, i * i, i % 2 === 0 ? 'cat' : 'dog', i, 2 * i, 40 - i, 90 - 3 * i].join(','));
    }
    lines.push(',pictures/r0.png,1,cat,1,2,3,4', 'pictures/none.png,pictures/r0.png,1,dog,1,2,3,4');
    const table = join(folder, 'pets.csv');
    writeFileSync(table, ['left,right,size,kind,x1,y1,x2,y2', ...lines].join('\n'));
    const box = ['x1', 'y1', 'x2', 'y2'];
    const columns = [
      picture('left'),
      picture('right'),
      column('size', 'feature', { missing: 'median', scaling: 'standard' }),
      column('kind', 'target', { type: 'categorical' }),
      ...box.map((name) => column(name, 'target', { scaling: 'standard' })),
    ];
    const layers: Layer[] = [
      ['left', 'Input', { columns: ['left'] }, []],
      ['conv', 'Conv2D', { filters: 3, activation: 'relu' }, ['left']],
      ['flatLeft', 'Flatten', {}, ['conv']],
      ['right', 'Input', { columns: ['right'] }, []],
      ['flatRight', 'Flatten', {}, ['right']],
      ['size', 'Input', { columns: ['size'] }, []],
      ['all', 'Concatenate', {}, ['flatLeft', 'flatRight', 'size']],
      ['kindDense', 'Dense', { units: 1, activation: 'sigmoid' }, ['all']],
      ['kind', 'Output', { targets: ['kind'] }, ['kindDense']],
      ['boxDense', 'Dense', { units: 4 }, ['all']],
      ['box', 'Output', { targets: box }, ['boxDense']],
    ];
    writeProject(folder, columns, 'pets.csv', layers, true);
    const events = jsonLines(await outputOf('train', folder, '--engine', engine, '--json'));
    expect(events.at(-1)).toMatchObject({ event: 'finished' });
    expect(events.some((event) => JSON.stringify(event).includes('none.png'))).toBe(true);
    const [evaluated] = jsonLines(await outputOf('evaluate', folder, '--split', 'train', '--json'));
    expect(evaluated).toMatchObject({ rows });
    expect(evaluated).not.toHaveProperty('dataChange');

    const good = join(folder, 'good.csv');
    writeFileSync(good, ['left,right,size,kind,x1,y1,x2,y2', ...lines.slice(0, rows)].join('\n'));
    const predicted = jsonLines(await outputOf('predict', folder, good, '--json'));
    expect(predicted).toHaveLength(rows);
    type Predicted = { target: string; value: string | number; probabilities?: number[] };
    const valueOf = (row: number, target: string) =>
      (predicted[row]!['predictions'] as Predicted[]).find((each) => each.target === target)!;
    let loss = 0;
    let squares = 0;
    for (let row = 0; row < rows; row++) {
      const truth = lines[row]!.split(',');
      loss -= Math.log(valueOf(row, 'kind').probabilities![truth[3] === 'cat' ? 0 : 1]!) / rows;
      squares += (Number(valueOf(row, 'x1').value) - Number(truth[4])) ** 2 / rows;
    }
    const results = evaluated!['outputs'] as { target: string; rmseOriginal?: number }[];
    expect(Math.sqrt(squares)).toBeCloseTo(results.find(({ target }) => target === 'x1')!.rmseOriginal!, 3);
    expect((evaluated as Record<string, number>)['kind_loss']).toBeCloseTo(loss, 4);

    writeFileSync(good, `left,right,size\npictures/none.png,pictures/r1.png,1\npictures/l1.png,pictures/r1.png,1\n`);
    const [unreadable, readable] = jsonLines(await outputOf('predict', folder, good, '--json'));
    expect(unreadable).toMatchObject({ predictions: [], warnings: [expect.stringContaining('none.png') as string] });
    const again = (readable!['predictions'] as Predicted[]).find(({ target }) => target === 'x1')!;
    expect(Number(again.value)).toBeCloseTo(Number(valueOf(1, 'x1').value), 3);
  });
});

test('a model trained on a folder of pictures predicts a picture, a folder and a CSV of paths', async () => {
  const folder = temporaryFolder();
  for (let i = 0; i < 12; i++) await writePicture(folder, `data/${i % 2 === 0 ? 'cat' : 'dog'}/${i}.png`, i, 12, 8);
  const columns = [picture('picture'), column('class', 'target', { type: 'categorical' })];
  const layers: Layer[] = [
    ['picture', 'Input', {}, []],
    ['flat', 'Flatten', {}, ['picture']],
    ['dense', 'Dense', { units: 1, activation: 'sigmoid' }, ['flat']],
    ['class', 'Output', {}, ['dense']],
  ];
  writeProject(folder, columns, 'data', layers, true);
  await outputOf('train', folder, '--engine', 'onnx', '--json');
  mkdirSync(join(folder, 'data/cat/deep'));
  writeFileSync(join(folder, 'data/cat/deep/broken.png'), 'no picture');
  writeFileSync(join(folder, 'data/notes.md'), 'no picture');
  const [head, ...lines] = (await outputOf('predict', folder, join(folder, 'data'))).trim().split('\n');
  expect(head).toBe('row,file,class,p(cat),p(dog)');
  expect(lines).toHaveLength(13);
  expect(lines[6]).toBe('7,cat/deep/broken.png,,,');
  const valuesOf = (file: string) =>
    lines
      .find((line) => line.includes(`,${file},`))!
      .split(',')
      .slice(2);
  const one = await outputOf('predict', folder, join(folder, 'data/dog/3.png'));
  expect(one.trim().split('\n')[1]).toBe(['1', '3.png', ...valuesOf('dog/3.png')].join(','));
  const table = join(folder, 'data/cat/rows.csv');
  writeFileSync(table, 'picture\n4.png\n..\\dog\\5.png\n');
  const rows = (await outputOf('predict', folder, table)).trim().split('\n');
  expect(rows.slice(1)).toEqual([['1', ...valuesOf('cat/4.png')].join(','), ['2', ...valuesOf('dog/5.png')].join(',')]);
});
