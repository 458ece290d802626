import { describe, expect, test } from 'vitest';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { float } from './onnx-harness.ts';
import { engineFolder, runGraph } from './tensorflow-harness.ts';

/** TensorFlow's kernel for this gradient corrupts the memory of the process; see `lowering/convolution.ts`. */
describe.skipIf(engineFolder === null)('the kernel gradient of a 1 × 1 convolution with strides in TensorFlow', () => {
  test.each(['same', 'valid'] as const)('equals the reference with %s padding, repeatedly', async (padding) => {
    const b = new ProgramBuilder();
    const x = b.input('x', 'float32', [null, 7, 8, 2]);
    const w = b.input('w', 'float32', [1, 1, 2, 2]);
    const g = b.input('g', 'float32', [null, 4, 4, 2]);
    const attributes = { padding, groups: 1, strides: [2, 2], dilations: [1, 1] } as const;
    b.output('kernel', b.op('conv2dKernelGradient', [x, w, g], attributes)[0]!);
    const program = b.build();
    const numbers = (count: number) => Array.from({ length: count }, (_, i) => Math.sin(i));
    const inputs = {
      x: float([3, 7, 8, 2], numbers(336)),
      w: float([1, 1, 2, 2], numbers(4)),
      g: float([3, 4, 4, 2], numbers(96)),
    };
    const expected = [0, 0, 0, 0];
    for (let place = 0; place < 48; place++) {
      const [n, row, column] = [Math.floor(place / 16), Math.floor(place / 4) % 4, place % 4];
      for (let weight = 0; weight < 4; weight++) {
        const value = inputs.x.data[((n * 7 + 2 * row) * 8 + 2 * column) * 2 + (weight >> 1)]!;
        expected[weight]! += value * inputs.g.data[place * 2 + (weight % 2)]!;
      }
    }
    for (let time = 0; time < 60; time++) {
      const { kernel } = await runGraph(program, inputs);
      kernel!.data.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
    }
  });
});
