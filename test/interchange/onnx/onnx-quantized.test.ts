import { describe, expect, test } from 'vitest';
import type { OnnxAttributes, OnnxNode, OnnxTensor } from '../../../src-main/engines/onnx/model/onnx-model.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { storedProgramOf } from '../../../src-shared/layers/parameters/stored-program.ts';
import { Dice } from '../../support/dice.ts';
import { compareWithOnnxRuntime } from '../../support/onnx-comparison.ts';
import { onnxIntegers, onnxNode, onnxWeights, writeOnnxGraph } from '../../support/onnx-graphs.ts';

const dice = new Dice(1, 'onnx quantized');
const weights = (name: string, ...shape: number[]): OnnxTensor => onnxWeights(dice, name, shape);
const scales = (name: string, ...values: number[]): OnnxTensor => {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return { name, type: 'float32', shape: values.length === 1 ? [] : [values.length], bytes };
};
const zero = (name: string, type: 'int8' | 'uint8', ...values: number[]): OnnxTensor => {
  const shape = values.length === 1 ? [] : [values.length];
  return { name, type, shape, bytes: new Uint8Array(Int8Array.from(values).buffer) };
};
/** Weights of 7 bits: products of larger ones overflow in ONNX Runtime on processors without integer products. */
const whole = (name: string, ...shape: number[]): OnnxTensor => {
  const count = shape.reduce((a, b) => a * b, 1);
  const values = Int8Array.from({ length: count }, () => dice.below(128) - 64);
  return { name, type: 'int8', shape, bytes: new Uint8Array(values.buffer) };
};
const bias = (name: string, count: number): OnnxTensor => {
  const values = Int32Array.from({ length: count }, () => dice.below(4000) - 2000);
  return { name, type: 'int32', shape: [count], bytes: new Uint8Array(values.buffer) };
};

const node = onnxNode;
const quantize = (x: string, q: string, by: string): OnnxNode => node('QuantizeLinear', [x, `${by}s`, `${by}z`], [q]);
const real = (q: string, x: string, by: string, attributes: OnnxAttributes = {}): OnnxNode =>
  node('DequantizeLinear', [q, `${by}s`, `${by}z`], [x], attributes);

/** Scales and zero points of x, of results between and of y. */
const steps = [
  scales('xs', 2 / 255),
  zero('xz', 'uint8', 127),
  scales('ms', 0.021),
  zero('mz', 'uint8', 90),
  scales('ys', 0.03),
  zero('yz', 'int8', -7),
];

type Case = readonly [shape: readonly number[], nodes: readonly OnnxNode[], initializers: readonly OnnxTensor[]];

const cases: Readonly<Record<string, Case>> = {
  'weights stored as int8 by channel, with zero points': [
    [5],
    [real('w', 'k', 'w', { axis: 1 }), node('MatMul', ['x', 'k'], ['a']), node('Erf', ['a'], ['y'])],
    [whole('w', 5, 3), scales('ws', 0.01, 0.02, 0.015), zero('wz', 'int8', 3, -4, 0)],
  ],
  'rounding to steps, the even one of two': [
    [6],
    [node('Mul', ['x', 'eight'], ['a']), node('Round', ['a'], ['b']), quantize('b', 'q', 'h'), real('q', 'y', 'h')],
    [scales('eight', 8), scales('hs', 2), zero('hz', 'int8', 1)],
  ],
  'values outside the range': [
    [6],
    [quantize('x', 'q', 'h'), real('q', 'y', 'h')],
    [scales('hs', 0.001), zero('hz', 'uint8', 3)],
  ],
  'steps by channel': [
    [3, 4],
    [node('QuantizeLinear', ['x', 'cs', 'cz'], ['q']), real('q', 'y', 'c')],
    [scales('cs', 0.1, 0.02, 0.3), zero('cz', 'int8', 1, 2, -3)],
  ],
  'QDQ: convolution, pooling of whole numbers, product': [
    [2, 6, 6],
    [
      quantize('x', 'xq', 'x'),
      real('xq', 'xr', 'x'),
      real('w', 'wr', 'w', { axis: 0 }),
      node('Conv', ['xr', 'wr', 'b'], ['c'], { pads: [1, 1, 1, 1] }),
      node('Relu', ['c'], ['r']),
      quantize('r', 'rq', 'm'),
      node('MaxPool', ['rq'], ['pq'], { kernel_shape: [2, 2], strides: [2, 2] }),
      node('Flatten', ['pq'], ['fq']),
      real('fq', 'fr', 'm'),
      quantize('v', 'vq', 'v'),
      real('vq', 'vr', 'v'),
      node('MatMul', ['fr', 'vr'], ['g']),
      quantize('g', 'gq', 'y'),
      real('gq', 'y', 'y'),
    ],
    [
      ...steps,
      whole('w', 4, 2, 3, 3),
      scales('ws', 0.01, 0.012, 0.008, 0.011),
      zero('wz', 'int8', 0, 0, 0, 0),
      weights('b', 4),
      weights('v', 36, 3),
      scales('vs', 1 / 127),
      zero('vz', 'int8', 0),
    ],
  ],
  'QLinearConv with pads and a zero point': [
    [2, 5, 6],
    [
      quantize('x', 'xq', 'x'),
      node('QLinearConv', ['xq', 'xs', 'xz', 'w', 'ws', 'wz', 'ms', 'mz', 'b'], ['c'], {
        pads: [1, 0, 1, 2],
        strides: [1, 2],
      }),
      real('c', 'y', 'm'),
    ],
    [
      ...steps,
      whole('w', 4, 2, 3, 3),
      scales('ws', 0.01, 0.012, 0.008, 0.011),
      zero('wz', 'int8', 0, 0, 0, 0),
      bias('b', 4),
    ],
  ],
  QLinearMatMul: [
    [3, 5],
    [
      quantize('x', 'xq', 'x'),
      node('QLinearMatMul', ['xq', 'xs', 'xz', 'w', 'ws', 'wz', 'ys', 'yz'], ['c']),
      real('c', 'y', 'y'),
    ],
    [
      ...steps.slice(0, 4),
      scales('ys', 0.03),
      zero('yz', 'uint8', 100),
      whole('w', 5, 4),
      scales('ws', 0.01),
      zero('wz', 'int8', 0),
    ],
  ],
  'an output of ConvInteger': [
    [2, 5, 6],
    [
      quantize('x', 'xq', 'x'),
      node('ConvInteger', ['xq', 'w', 'xz'], ['c'], { pads: [1, 1, 1, 1] }),
      node('Cast', ['c'], ['f'], { to: 1 }),
      node('Mul', ['f', 'ms'], ['y']),
    ],
    [...steps, whole('w', 4, 2, 3, 3)],
  ],
};

const pathOf = ([shape, nodes, initializers]: Case): string => writeOnnxGraph('q', shape, nodes, initializers);

describe('quantized files predict as in ONNX Runtime', () => {
  test.each(Object.entries(cases))('%s', async (_, given) => {
    const { difference } = await compareWithOnnxRuntime(pathOf(given), { optimizes: false });
    expect(difference).toBeLessThan(1e-5);
  });

  /** As ONNX Runtime's quantization of a trained model writes it: a product of whole numbers and its scale. */
  const dynamic: Case = [
    [3, 6],
    [
      node('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']),
      node('MatMulInteger', ['q', 'w', 'z', 'wz'], ['i']),
      node('Cast', ['i'], ['f'], { to: 1 }),
      node('Mul', ['s', 'ws'], ['t']),
      node('Mul', ['f', 't'], ['m']),
      node('Add', ['m', 'b'], ['y']),
    ],
    [whole('w', 6, 4), scales('ws', 0.01), zero('wz', 'int8', 0), weights('b', 4)],
  ];

  test('steps that each example decides, as for one example at a time, which the report says', async () => {
    const { difference, report } = await compareWithOnnxRuntime(pathOf(dynamic), { rows: 1 });
    expect(difference).toBeLessThan(1e-5);
    expect(report.losses.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['onnx/quantized', 'onnx/steps-by-example']),
    );
  });

  test('no weight trains, because rounding has no gradient', async () => {
    const { document, report } = await compareWithOnnxRuntime(
      pathOf(cases['QDQ: convolution, pooling of whole numbers, product']!),
    );
    const programs = document.nodes.flatMap(({ kind, params }) => (kind === 'Operations' ? [params['program']] : []));
    const stored = programs.flatMap((program) => storedProgramOf(program).weights);
    expect(stored.length).toBeGreaterThan(2);
    expect(stored.filter(({ trains }) => trains)).toEqual([]);
    expect(report.losses.map(({ code }) => code)).toContain('onnx/quantized');
  });
});

describe('what would not be exact is refused with its reason', () => {
  test.each<[string, RegExp, Case]>([
    [
      'arithmetic on stored numbers, which would overflow',
      /uint8/,
      [[4], [quantize('x', 'q', 'x'), node('Add', ['q', 'q'], ['a']), real('a', 'y', 'x')], steps],
    ],
    [
      'steps for rows of several examples',
      /rows of several examples/,
      [
        [3, 4],
        [
          node('Reshape', ['x', 'shape'], ['r']),
          node('DynamicQuantizeLinear', ['r'], ['q', 's', 'z']),
          node('DequantizeLinear', ['q', 's', 'z'], ['a']),
          node('Reshape', ['a', 'back'], ['y']),
        ],
        [onnxIntegers('shape', [-1, 4]), onnxIntegers('back', [-1, 3, 4])],
      ],
    ],
    [
      'a scale of 0',
      /scale/,
      [[4], [quantize('x', 'q', 'n'), real('q', 'y', 'n')], [scales('ns', 0), zero('nz', 'int8', 0)]],
    ],
    ['an output of stored numbers', /real numbers/, [[4], [quantize('x', 'y', 'x')], steps]],
  ])('%s', async (_, reason, given) => {
    const error = await compareWithOnnxRuntime(pathOf(given)).then(
      () => null,
      (thrown: unknown) => AppError.from(thrown),
    );
    expect(error).toMatchObject({ code: 'model-file/refused' });
    expect(JSON.stringify(error)).toMatch(reason);
  });
});
