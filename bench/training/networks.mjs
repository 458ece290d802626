// The networks that the speed comparison trains, as project documents.

const chain = (layers) => {
  const nodes = layers.map(([kind, name, params], index) => ({
    id: name,
    kind,
    name,
    params,
    position: { x: 160, y: 80 + 112 * index },
    frozen: false,
  }));
  const edges = nodes.slice(1).map((node, index) => ({ id: `e${index}`, source: nodes[index].id, target: node.id }));
  return { nodes, edges };
};

const mnist = (trainFraction) => ({
  format: 'lamina.dataset',
  version: 1,
  name: 'MNIST',
  source: { kind: 'idx', path: '' },
  columns: [
    { name: 'image', role: 'feature', type: 'image', missing: 'drop-row', scaling: 'unit' },
    { name: 'label', role: 'target', type: 'categorical', missing: 'drop-row', scaling: 'none' },
  ],
  split: { train: trainFraction, validation: 0.02, test: 0, seed: 1, stratify: false },
});

const configuration = (optimizer, batchSize, epochs) => ({
  optimizer,
  loss: 'auto',
  metrics: [],
  epochs,
  batchSize,
  shuffle: true,
  seed: 1,
  engine: 'auto',
});

/** 784-300-100-10, batch 32, SGD 0.01. */
const mlp = {
  model: chain([
    ['Input', 'input', {}],
    ['Flatten', 'flatten', {}],
    ['Dense', 'hidden_1', { units: 300, activation: 'relu' }],
    ['Dense', 'hidden_2', { units: 100, activation: 'relu' }],
    ['Dense', 'digits', { units: 10, activation: 'softmax' }],
    ['Output', 'output', {}],
  ]),
  dataset: mnist(0.9),
  configuration: configuration({ kind: 'sgd', learningRate: 0.01, momentum: 0, nesterov: false }, 32, 5),
};

/** conv32-conv64-pool-dense128, batch 64, Adam 0.001; a quarter of the rows, so that an epoch ends in seconds. */
const cnn = {
  model: chain([
    ['Input', 'input', {}],
    ['Conv2D', 'conv_1', { filters: 32, kernelSize: [3, 3], activation: 'relu' }],
    ['Conv2D', 'conv_2', { filters: 64, kernelSize: [3, 3], activation: 'relu' }],
    ['MaxPooling2D', 'pool', {}],
    ['Flatten', 'flatten', {}],
    ['Dense', 'hidden', { units: 128, activation: 'relu' }],
    ['Dense', 'digits', { units: 10, activation: 'softmax' }],
    ['Output', 'output', {}],
  ]),
  dataset: mnist(0.25),
  configuration: configuration({ kind: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }, 64, 1),
};

export const networks = { mlp, cnn };
