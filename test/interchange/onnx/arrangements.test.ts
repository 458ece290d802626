import { describe, expect, test } from 'vitest';
import type { OnnxNode, OnnxTensor } from '../../../src-main/engines/onnx/model/onnx-model.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { Dice } from '../../support/dice.ts';
import { compareWithOnnxRuntime } from '../../support/onnx-comparison.ts';
import { onnxIntegers, onnxNode, onnxWeights, writeOnnxGraph } from '../../support/onnx-graphs.ts';
import { seedsOf } from '../../support/portion.ts';

// Random chains of operations that rearrange axes, with operations that depend on the arrangement between them: equal to
// ONNX Runtime, or refused.

/** A graph that is drawn step by step. `shape` is without the examples, which are the first axis. */
class Drawn {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  /** Values of this shape that can be joined. */
  readonly made = new Map<string, string>();
  shape: number[];
  value = 'x';
  readonly #dice: Dice;

  constructor(dice: Dice, shape: number[]) {
    this.#dice = dice;
    this.shape = shape;
  }

  add(
    opType: string,
    shape: readonly number[],
    more: readonly OnnxTensor[] = [],
    attributes: OnnxNode['attributes'] = {},
  ): void {
    const output = `v${this.nodes.length}`;
    this.nodes.push(onnxNode(opType, [this.value, ...more.map(({ name }) => name)], [output], attributes));
    this.initializers.push(...more);
    this.value = output;
    this.shape = [...shape];
    this.made.set(shape.join(), output);
  }

  integers(values: readonly number[]): OnnxTensor {
    return onnxIntegers(`i${this.initializers.length}`, values);
  }

  weights(shape: readonly number[]): OnnxTensor {
    return onnxWeights(this.#dice, `w${this.initializers.length}`, shape);
  }
}

const steps: readonly ((drawn: Drawn, dice: Dice) => void)[] = [
  function transpose(drawn, dice) {
    const order = dice.shuffled(drawn.shape.map((_, axis) => axis + 1));
    drawn.add(
      'Transpose',
      order.map((axis) => drawn.shape[axis - 1]!),
      [],
      { perm: [0, ...order] },
    );
  },
  function flatten(drawn) {
    drawn.add('Flatten', [drawn.shape.reduce((a, b) => a * b, 1)], [], { axis: 1 });
  },
  function join(drawn, dice) {
    if (drawn.shape.length < 2) return;
    const axis = dice.below(drawn.shape.length - 1);
    const shape = drawn.shape.toSpliced(axis, 2, drawn.shape[axis]! * drawn.shape[axis + 1]!);
    drawn.add('Reshape', shape, [drawn.integers([dice.chance(50) ? 0 : -1, ...shape])]);
  },
  function split(drawn, dice) {
    const axis = dice.below(drawn.shape.length);
    const factor = [2, 3].find((each) => drawn.shape[axis]! % each === 0 && drawn.shape[axis]! > each);
    if (factor === undefined || drawn.shape.length > 3) return;
    const shape = drawn.shape.toSpliced(axis, 1, factor, drawn.shape[axis]! / factor);
    drawn.add('Reshape', shape, [drawn.integers([-1, ...shape])]);
  },
  function unsqueeze(drawn, dice) {
    if (drawn.shape.length > 3) return;
    const axis = dice.from(1, drawn.shape.length + 1);
    drawn.add('Unsqueeze', drawn.shape.toSpliced(axis - 1, 0, 1), [drawn.integers([axis])]);
  },
  function squeeze(drawn) {
    const axis = drawn.shape.indexOf(1);
    if (axis < 0 || drawn.shape.length === 1) return;
    drawn.add('Squeeze', drawn.shape.toSpliced(axis, 1), [drawn.integers([axis + 1])]);
  },
  function matMul(drawn, dice) {
    const units = dice.from(1, 4);
    const shape = drawn.shape.with(-1, units);
    drawn.add('MatMul', shape, [drawn.weights([drawn.shape.at(-1)!, units])]);
    if (dice.chance(60)) drawn.add('Add', shape, [drawn.weights([units])]);
  },
  function convolution(drawn, dice) {
    if (drawn.shape.length < 2) return;
    const [channels, ...sizes] = drawn.shape;
    const filters = dice.from(1, 4);
    const weights = drawn.weights([filters, channels!, ...sizes.map(() => 1)]);
    drawn.add('Conv', [filters, ...sizes], [weights], { kernel_shape: sizes.map(() => 1) });
  },
  function numbersOfChannels(drawn, dice) {
    const shape = drawn.shape.map((_, axis) => (axis === 0 ? drawn.shape[0]! : 1));
    drawn.add(dice.pick(['Mul', 'Add', 'Sub']), drawn.shape, [drawn.weights(shape)]);
  },
  function softmax(drawn, dice) {
    drawn.add('Softmax', drawn.shape, [], { axis: dice.from(1, drawn.shape.length) });
  },
  function mean(drawn, dice) {
    if (drawn.shape.length < 2) return;
    const axis = dice.from(1, drawn.shape.length);
    const keeps = dice.chance(50);
    const shape = keeps ? drawn.shape.with(axis - 1, 1) : drawn.shape.toSpliced(axis - 1, 1);
    drawn.add('ReduceMean', shape, [drawn.integers([axis])], { keepdims: Number(keeps) });
  },
  function slice(drawn, dice) {
    const axis = dice.from(1, drawn.shape.length);
    const size = drawn.shape[axis - 1]!;
    const start = dice.below(size);
    const end = dice.from(start + 1, size);
    const [from, to, along] = [[start], [end], [axis]].map((list, index) =>
      onnxIntegers(`s${drawn.nodes.length}${index}`, list),
    );
    drawn.add('Slice', drawn.shape.with(axis - 1, end - start), [from!, to!, along!]);
  },
  function gather(drawn, dice) {
    if (drawn.shape.length < 2) return;
    const axis = dice.from(1, drawn.shape.length);
    const index = onnxIntegers(`g${drawn.nodes.length}`, [dice.from(-1, drawn.shape[axis - 1]! - 1)], []);
    drawn.add('Gather', drawn.shape.toSpliced(axis - 1, 1), [index], { axis });
  },
  function joined(drawn, dice) {
    const other = drawn.made.get(drawn.shape.join());
    if (other === undefined || other === drawn.value) return;
    const axis = dice.below(drawn.shape.length);
    const isConcat = dice.chance(50);
    const output = `v${drawn.nodes.length}`;
    const [opType, attributes] = isConcat ? ['Concat', { axis: axis + 1 }] : [dice.pick(['Add', 'Mul', 'Max']), {}];
    drawn.nodes.push(onnxNode(opType, [drawn.value, other], [output], attributes));
    drawn.value = output;
    if (isConcat) drawn.shape = drawn.shape.with(axis, 2 * drawn.shape[axis]!);
  },
  function kept(drawn) {
    drawn.add('Tanh', drawn.shape);
  },
];

const isOpened: boolean[] = [];

describe.each(seedsOf('onnx arrangements', { quick: 150, ci: 250, soak: 3000 }))('seed %i', (seed) => {
  const dice = new Dice(seed, 'onnx arrangements');
  const shape = Array.from({ length: dice.from(1, 3) }, () => dice.from(2, 6));
  const drawn = new Drawn(dice, shape);
  for (let count = dice.from(3, 9); count > 0; count--) dice.pick(steps)(drawn, dice);
  drawn.add('Identity', drawn.shape);
  test(`${shape.join(' × ')}: ${drawn.nodes.map(({ opType }) => opType).join(', ')}`, async () => {
    // Weights make the graph a model.
    const weights = drawn.weights([drawn.shape.at(-1)!, 2]);
    drawn.add('MatMul', drawn.shape.with(-1, 2), [weights]);
    const outputs = [{ name: drawn.value, type: 'float32', shape: [] } as const];
    const path = writeOnnxGraph(`${seed}`, shape, drawn.nodes, drawn.initializers, { outputs });
    let difference: number;
    try {
      ({ difference } = await compareWithOnnxRuntime(path, { rows: 2 }));
    } catch (error) {
      const { code, message } = AppError.from(error);
      expect(code, message).toBe('model-file/refused');
      isOpened.push(false);
      return;
    }
    isOpened.push(true);
    expect(difference).toBeLessThan(1e-5);
  });
});

test('most of them open', () => {
  expect(isOpened.filter(Boolean).length).toBeGreaterThan(isOpened.length / 2);
});
