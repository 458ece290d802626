// `npm run bench:reuse -- [--engine NAME] [--seeds N] [--data FOLDER]`
//
// Layers reused as in "Hands-On Machine Learning" (A. Géron), chapter "Training Deep Neural Networks": model A learns
// eight classes of Fashion-MNIST; model B tells pullovers from T-shirts by 200 pictures, once with the hidden layers of A
// (four epochs frozen, then 16 epochs of all layers) and once from random weights (20 epochs). SGD at 1e-3, batches
// of 32. Each seed draws other pictures and other weights. Prints the accuracies on the 2,000 test pictures with mean
// and standard deviation, as they come.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectNode, root } from '../../scripts/prepare/paths.mjs';
import { datasetDocument } from '../../src-shared/data/dataset-document.ts';
import { MODEL_FORMAT, MODEL_VERSION } from '../../src-shared/document/schema/model-document.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'onnx' },
    seeds: { type: 'string', default: '10' },
    data: { type: 'string', default: join(root, '..', 'shared', 'data', 'fashion-mnist') },
  },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
const [SHIRTS, PULLOVERS] = ['0', '2'];
const PICTURES = 200;
/** Pictures of the two classes in the training files. */
const AVAILABLE = 12_000;

const folder = mkdtempSync(join(tmpdir(), 'lamina-bench-'));
const [a, b] = ['a', 'b'].map((name) => join(folder, name));

const write = (project, name, content) => writeFileSync(join(project, name), JSON.stringify(content));
const read = (project, name) => JSON.parse(readFileSync(join(project, name), 'utf8'));

function lamina(...args) {
  const output = execFileSync(projectNode, [join(root, 'src-main', 'shells', 'cli', 'main.ts'), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LAMINA_DATA_CACHE: join(folder, 'cache') },
  });
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Three hidden layers of 100 units and a softmax of eight, in a row. */
function modelA() {
  const hidden = { units: 100, activation: 'relu', kernelInitializer: 'heNormal' };
  const layers = [
    ['Input', 'input', {}],
    ['Flatten', 'flatten', {}],
    ...[1, 2, 3].map((number) => ['Dense', `hidden_${number}`, hidden]),
    ['Dense', 'classes', { units: 8, activation: 'softmax' }],
    ['Output', 'output', {}],
  ];
  const nodes = layers.map(([kind, name, params], index) => {
    const position = { x: 160, y: 80 + 112 * index };
    return { id: name, kind, name, params, position, frozen: false };
  });
  const edges = nodes.slice(1).map(({ id }, index) => ({ id: `edge-${id}`, source: nodes[index].id, target: id }));
  return { format: MODEL_FORMAT, version: MODEL_VERSION, name: 'A', nodes, edges, blocks: [] };
}

function dataOf(keep, split) {
  const column = (name, role, type, scaling) => ({ name, role, type, missing: 'drop-row', scaling });
  return {
    ...datasetDocument({
      name: 'Fashion-MNIST',
      source: { kind: 'idx', path: values.data },
      columns: [column('image', 'feature', 'image', 'unit'), column('label', 'target', 'categorical', 'none')],
      split: { test: 0, stratify: true, ...split },
    }),
    filter: [{ kind: 'values', column: 'label', keep, values: [SHIRTS, PULLOVERS] }],
  };
}

/** @returns The accuracy on the test files. */
function train(project, seed, settings) {
  const all = [`seed=${seed}`, 'batchSize=32', 'optimizer={"kind":"sgd","learningRate":0.001}', ...settings];
  const options = all.flatMap((setting) => ['--set', setting]);
  return lamina('train', project, '--engine', values.engine, ...options, '--json').at(-1).test.accuracy;
}

function summary(accuracies) {
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length;
  const variance = accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (accuracies.length - 1);
  const rounded = (value) => Number(value.toFixed(4));
  return { accuracies: accuracies.map(rounded), mean: rounded(mean), deviation: rounded(Math.sqrt(variance)) };
}

try {
  mkdirSync(a);
  write(a, 'model.lamina.json', modelA());
  write(a, 'data.dataset.json', dataOf('except', { train: 0.9, validation: 0.1, seed: 1 }));
  console.log(JSON.stringify({ model: 'A', testAccuracy: train(a, 1, ['epochs=20']) }));
  lamina('import', a, '--run', '1', '--checkpoint', 'last', '--project', b, '--json');
  const twoClasses = (seed) => dataOf('only', { train: PICTURES / AVAILABLE, validation: 0.1, seed });
  write(b, 'data.dataset.json', twoClasses(1));
  lamina('new-head', b, '--at', 'hidden_3', '--json');
  const reused = read(b, 'model.lamina.json');
  const { weights: _, ...unweighted } = reused;
  const scratch = { ...unweighted, nodes: reused.nodes.map((node) => ({ ...node, frozen: false })) };
  const phases = [{ epochs: 4 }, { epochs: 16, frozen: [] }];
  const trained = { reused: [], scratch: [] };
  for (const seed of seeds) {
    write(b, 'data.dataset.json', twoClasses(seed));
    write(b, 'model.lamina.json', reused);
    trained.reused.push(train(b, seed, [`phases=${JSON.stringify(phases)}`]));
    write(b, 'model.lamina.json', scratch);
    trained.scratch.push(train(b, seed, ['epochs=20']));
  }
  console.log(JSON.stringify({ model: 'B', layers: 'reused', ...summary(trained.reused) }));
  console.log(JSON.stringify({ model: 'B', layers: 'random', ...summary(trained.scratch) }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
