import { describe, it } from 'vitest';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import { runProgram } from './onnx-harness.ts';
import { asFed, expectClose, toHost } from './prepared-operations.ts';
import { engineFolder, runGraph } from './tensorflow-harness.ts';

/** ONNX Runtime joins a padding by zeros with a pooling after it, whose own padding is not a value. */
const cases = (['maxPool2d', 'averagePool2d'] as const).flatMap((op) =>
  (['same', 'valid'] as const).flatMap((padding) => [true, false].map((isConvolved) => ({ op, padding, isConvolved }))),
);

describe.each(cases)('$op with $padding padding of values padded by 0, convolved before: $isConvolved', (example) => {
  const { op, padding, isConvolved } = example;
  const builder = new ProgramBuilder();
  const x = builder.input('x', 'float32', [null, 4, 5, 2]);
  const kernel = builder.constant('float32', [1, 1, 2, 2], [1, 0.5, 0, 1]);
  const window = { strides: [1, 1], padding: 'valid', dilations: [1, 1], groups: 1 } as const;
  const values = isConvolved ? builder.conv2d(x, kernel, window) : x;
  const padded = builder.pad(values, [0, 1, 1, 0], [0, 1, 2, 0]);
  builder.output('y', builder[op](padded, { poolSize: [3, 3], strides: [2, 2], padding }));
  const program = builder.build();
  // All values are negative: a padding by zeros has the largest ones.
  const given = asFed(
    tensorOf(
      'float32',
      [3, 4, 5, 2],
      Array.from({ length: 120 }, (_, i) => -1 - Math.sin(i) ** 2),
    ),
  );
  const expected = interpret(program, new Map([['x', given]])).outputs.get('y')!;

  it('equals the reference on onnx', async () => {
    expectClose((await runProgram(program, { x: toHost(given) }))['y'], expected);
  });

  it.skipIf(engineFolder === null)('equals the reference on tensorflow', async () => {
    expectClose((await runGraph(program, { x: toHost(given) }))['y'], expected);
  });
});
