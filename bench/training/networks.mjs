// The networks of the speed comparison as project documents. keras_models.py and torch_models.py
// have the same networks in Keras and PyTorch; data.mjs writes the data.

/** Collects the nodes and edges of a model document. */
class Graph {
  nodes = [];
  edges = [];

  /** Adds a layer that reads `sources` and returns its name. */
  add(kind, name, params = {}, ...sources) {
    const position = { x: 160, y: 80 + 112 * this.nodes.length };
    this.nodes.push({ id: name, kind, name, params, position, frozen: false });
    for (const source of sources) this.edges.push({ id: `e${this.edges.length}`, source, target: name });
    return name;
  }
}

/** Layers one after the other. */
function chain(layers) {
  const graph = new Graph();
  let last;
  for (const [kind, name, params = {}] of layers) {
    last = last === undefined ? graph.add(kind, name, params) : graph.add(kind, name, params, last);
  }
  return { nodes: graph.nodes, edges: graph.edges };
}

const dataset = {
  format: 'lamina.dataset',
  version: 1,
  name: 'Data',
  source: { kind: 'idx', path: '' },
  columns: [
    { name: 'image', role: 'feature', type: 'image', missing: 'drop-row', scaling: 'unit' },
    { name: 'label', role: 'target', type: 'categorical', missing: 'drop-row', scaling: 'none' },
  ],
  split: { train: 1, validation: 0, test: 0, seed: 1, stratify: false },
};

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
const sgd = (learningRate, momentum) => ({ kind: 'sgd', learningRate, momentum, nesterov: false });
const adam = { kind: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/** 784-300-100-10, batch 32, SGD 0.01. */
const mlp = {
  rows: 55000,
  image: [28, 28],
  model: chain([
    ['Input', 'input'],
    ['Flatten', 'flatten'],
    ['Dense', 'hidden_1', { units: 300, activation: 'relu' }],
    ['Dense', 'hidden_2', { units: 100, activation: 'relu' }],
    ['Dense', 'digits', { units: 10, activation: 'softmax' }],
    ['Output', 'output'],
  ]),
  configuration: configuration(sgd(0.01, 0), 32, 5),
};

/** conv32-conv64-pool-dense128, batch 64, Adam 0.001. */
const cnn = {
  rows: 6400,
  image: [28, 28],
  model: chain([
    ['Input', 'input'],
    ['Conv2D', 'conv_1', { filters: 32, kernelSize: [3, 3], activation: 'relu' }],
    ['Conv2D', 'conv_2', { filters: 64, kernelSize: [3, 3], activation: 'relu' }],
    ['MaxPooling2D', 'pool'],
    ['Flatten', 'flatten'],
    ['Dense', 'hidden', { units: 128, activation: 'relu' }],
    ['Dense', 'digits', { units: 10, activation: 'softmax' }],
    ['Output', 'output'],
  ]),
  configuration: configuration(adam, 64, 3),
};

/** 784, twenty times 100 with SELU and LeCun's initialization, 10; batch 32, SGD 0.001. */
const selu = {
  rows: 32000,
  image: [28, 28],
  model: chain([
    ['Input', 'input'],
    ['Flatten', 'flatten'],
    ...Array.from({ length: 20 }, (_, index) => [
      'Dense',
      `hidden_${index + 1}`,
      { units: 100, activation: 'selu', kernelInitializer: 'lecunNormal' },
    ]),
    ['Dense', 'digits', { units: 10, activation: 'softmax' }],
    ['Output', 'output'],
  ]),
  configuration: configuration(sgd(0.001, 0), 32, 5),
};

/**
 * ResNet-20 of K. He et al., arXiv:1512.03385, section 4.2: 32 × 32 × 3, three stages of three
 * blocks with 16, 32 and 64 filters; shortcuts of 1 × 1 convolutions. Batch 32, SGD with momentum.
 */
function residualNetwork() {
  const graph = new Graph();
  const convolution = (name, filters, kernelSize, stride, source) =>
    graph.add(
      'BatchNormalization',
      `${name}_norm`,
      {},
      graph.add(
        'Conv2D',
        name,
        {
          filters,
          kernelSize: [kernelSize, kernelSize],
          strides: [stride, stride],
          padding: 'same',
          useBias: false,
          kernelInitializer: 'heNormal',
        },
        source,
      ),
    );
  const relu = (name, source) => graph.add('Activation', name, { activation: 'relu' }, source);
  let last = relu('stem_relu', convolution('stem', 16, 3, 1, graph.add('Input', 'input')));
  for (const [stage, filters] of [16, 32, 64].entries()) {
    for (let block = 0; block < 3; block++) {
      const name = `block_${stage + 1}_${block + 1}`;
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const first = relu(`${name}_relu_1`, convolution(`${name}_conv_1`, filters, 3, stride, last));
      const second = convolution(`${name}_conv_2`, filters, 3, 1, first);
      const shortcut = stride === 1 ? last : convolution(`${name}_shortcut`, filters, 1, stride, last);
      last = relu(`${name}_relu_2`, graph.add('Add', `${name}_add`, {}, second, shortcut));
    }
  }
  last = graph.add('GlobalAveragePooling2D', 'pool', {}, last);
  last = graph.add('Dense', 'classes', { units: 10, activation: 'softmax' }, last);
  graph.add('Output', 'output', {}, last);
  return { nodes: graph.nodes, edges: graph.edges };
}

/** Sequences of 50 steps of 8 values through 64 LSTM units, batch 32, Adam 0.001. */
const lstm = {
  rows: 6400,
  image: [50, 8],
  model: chain([
    ['Input', 'input'],
    ['Reshape', 'steps', { targetShape: [50, 8] }],
    ['LSTM', 'lstm', { units: 64 }],
    ['Dense', 'classes', { units: 10, activation: 'softmax' }],
    ['Output', 'output'],
  ]),
  configuration: configuration(adam, 32, 8),
};

const resnet = {
  rows: 1600,
  image: [32, 32, 3],
  model: residualNetwork(),
  configuration: configuration(sgd(0.01, 0.9), 32, 4),
};

/** A chain of dense layers of 16 units, to measure the time before the first step with many layers. */
export const deep = (count) => ({
  rows: 32,
  image: [8, 8],
  model: chain([
    ['Input', 'input'],
    ['Flatten', 'flatten'],
    ...Array.from({ length: count }, (_, index) => ['Dense', `hidden_${index + 1}`, { units: 16, activation: 'relu' }]),
    ['Dense', 'digits', { units: 10, activation: 'softmax' }],
    ['Output', 'output'],
  ]),
  configuration: configuration(sgd(0.01, 0), 32, 1),
});

export const networks = Object.fromEntries(
  Object.entries({ mlp, cnn, selu, resnet, lstm }).map(([name, network]) => [name, { ...network, dataset }]),
);
