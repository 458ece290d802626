import { BLOCK_INPUT, BLOCK_OUTPUT } from '../schema/blocks.ts';
import { CARD } from '../edits/edits.ts';
import type { JsonValue, ModelBlock, ModelNode } from '../schema/model-document.ts';

// Predefined blocks. The first use copies the block into the document, where it can be changed.

type Params = Record<string, JsonValue>;

function node(kind: string, name: string, row: number, params: Params = {}, column = 0): ModelNode {
  const position = { x: column * (CARD.width + CARD.gapX), y: row * (CARD.height + CARD.gapY) };
  return { id: name, kind, name, params, position, frozen: false };
}

const edges = (...pairs: [string, string][]): ModelBlock['edges'] =>
  pairs.map(([source, target]) => ({ id: `${source}-${target}`, source, target }));

const ref = (parameter: string): JsonValue => ({ parameter });

const denseStack: ModelBlock = {
  id: 'ready-dense-stack',
  name: 'dense_stack',
  description: 'Dense, batch normalization, ReLU and dropout. Repeat it for a deep network.',
  parameters: [
    { name: 'units', label: 'Units', default: 100 },
    { name: 'rate', label: 'Dropout rate', default: 0.2 },
  ],
  nodes: [
    node(BLOCK_INPUT, 'input', 0),
    node('Dense', 'dense', 1, { units: ref('units'), useBias: false, kernelInitializer: 'heNormal' }),
    node('BatchNormalization', 'norm', 2),
    node('ReLU', 'relu', 3),
    node('Dropout', 'dropout', 4, { rate: ref('rate') }),
    node(BLOCK_OUTPUT, 'output', 5),
  ],
  edges: edges(['input', 'dense'], ['dense', 'norm'], ['norm', 'relu'], ['relu', 'dropout'], ['dropout', 'output']),
};

const convolution: ModelBlock = {
  id: 'ready-conv-bn-relu',
  name: 'conv_bn_relu',
  description: 'Convolution without bias, batch normalization, ReLU.',
  parameters: [
    { name: 'filters', label: 'Filters', default: 32 },
    { name: 'kernelSize', label: 'Kernel size', default: 3 },
    { name: 'strides', label: 'Strides', default: 1 },
  ],
  nodes: [
    node(BLOCK_INPUT, 'input', 0),
    node('Conv2D', 'conv', 1, {
      filters: ref('filters'),
      kernelSize: ref('kernelSize'),
      strides: ref('strides'),
      padding: 'same',
      useBias: false,
      kernelInitializer: 'heNormal',
    }),
    node('BatchNormalization', 'norm', 2),
    node('ReLU', 'relu', 3),
    node(BLOCK_OUTPUT, 'output', 4),
  ],
  edges: edges(['input', 'conv'], ['conv', 'norm'], ['norm', 'relu'], ['relu', 'output']),
};

/**
 * A residual unit; the output has the input's shape.
 * Source: K. He and others, arXiv:1512.03385 (2015), figure 2, with batch normalization as in section 3.4.
 */
const residual: ModelBlock = {
  id: 'ready-residual',
  name: 'residual',
  description: 'Two convolutions with a skip connection. The input needs as many channels as filters.',
  parameters: [{ name: 'filters', label: 'Filters', default: 32 }],
  nodes: [
    node(BLOCK_INPUT, 'input', 0),
    ...[1, 2].flatMap((number) => [
      node('Conv2D', `conv_${number}`, number * 3 - 2, {
        filters: ref('filters'),
        kernelSize: 3,
        padding: 'same',
        useBias: false,
        kernelInitializer: 'heNormal',
      }),
      node('BatchNormalization', `norm_${number}`, number * 3 - 1),
    ]),
    node('ReLU', 'relu_1', 3),
    node('Add', 'add', 6, {}, 0.5),
    node('ReLU', 'relu_2', 7, {}, 0.5),
    node(BLOCK_OUTPUT, 'output', 8, {}, 0.5),
  ],
  edges: edges(
    ['input', 'conv_1'],
    ['conv_1', 'norm_1'],
    ['norm_1', 'relu_1'],
    ['relu_1', 'conv_2'],
    ['conv_2', 'norm_2'],
    ['norm_2', 'add'],
    ['input', 'add'],
    ['add', 'relu_2'],
    ['relu_2', 'output'],
  ),
};

export const readyBlocks: readonly ModelBlock[] = [denseStack, convolution, residual];
