import { gradients } from '../../src-shared/program/gradients/autodiff.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { gradientRules } from '../../src-shared/program/gradients/gradients.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import { sameType } from '../../src-shared/program/language/shape.ts';
import type { OpName, Program, Shape } from '../../src-shared/program/language/types.ts';
import { opCases } from './op-cases.ts';
import type { OpCase } from './op-cases.ts';
import { interpret, interpretOperation } from '../../src-shared/program/interpret/interpret.ts';
import { sizeOf, tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';

/** Step of the central difference; in float64 its error is about 1e-9. */
const H = 1e-5;

/** One operation differentiated: a program with output `loss` and a `gradientI` for each input I that has one. */
export interface GradientCase {
  readonly op: OpName;
  readonly title: string;
  readonly program: Program;
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** Inputs with a gradient. */
  readonly differentiated: readonly number[];
}

/** Every case of every operation whose gradient is defined, with and without a batch axis. */
export function gradientCases(): GradientCase[] {
  const names = (Object.keys(opCases) as OpName[]).filter((op) => gradientRules[op] !== 'none');
  return names.flatMap((op) =>
    opCases[op].flatMap((opCase: OpCase, number) => {
      const plain = gradientCase(op, `${op}, case ${number}`, opCase, false);
      return opCase.batch === true ? [plain, gradientCase(op, `${plain.title}, batched`, opCase, true)] : [plain];
    }),
  );
}

/** The loss is a weighted sum of the operation's first output. */
function gradientCase(op: OpName, title: string, { attributes, inputs }: OpCase, batch: boolean): GradientCase {
  const builder = new ProgramBuilder();
  const typed = (shape: readonly number[]): Shape => (batch && shape.length > 0 ? [null, ...shape.slice(1)] : shape);
  const read = inputs.map(({ dtype, shape }, index) => builder.input(`input${index}`, dtype, typed(shape)));
  const output = builder.op(op, read, attributes)[0];
  const outputShape = interpretOperation({ op, attributes } as never, inputs)[0]!.shape;
  const weights = builder.input('weights', 'float32', builder.shapeOf(output));
  const axes = outputShape.map((_, axis) => axis);
  const loss = builder.reduceSum(builder.multiply(builder.cast(output, 'float32'), weights), axes);
  builder.output('loss', loss);
  const floats = read.flatMap((value, index) => (inputs[index]!.dtype === 'float32' ? [{ value, index }] : []));
  const values = floats.map(({ value }) => value);
  const found = gradients(builder, loss, values);
  const differentiated: number[] = [];
  floats.forEach(({ value, index }, i) => {
    const gradient = found[i] ?? null;
    if (gradient === null) return;
    if (!sameType(builder.typeOf(gradient), builder.typeOf(value))) throw new Error(`${title}: gradient changes type.`);
    builder.output(`gradient${index}`, gradient);
    differentiated.push(index);
  });
  const fixed = uniform([1, 2], 0, sizeOf(outputShape));
  const feeds = new Map(inputs.map((input, index) => [`input${index}`, float32Of(input)]));
  feeds.set('weights', tensorOf('float32', outputShape, fixed));
  return { op, title, program: builder.build(), feeds, differentiated };
}

/** Rounds to float32, so that reference and engines get the same numbers. */
function float32Of(tensor: Tensor): Tensor {
  return { ...tensor, data: tensor.data.map(Math.fround) };
}

/** d loss / d input by central differences in the reference interpreter. */
export function centralDifferences({ program, feeds }: GradientCase, index: number): number[] {
  const name = `input${index}`;
  const input = feeds.get(name)!;
  const lossAt = (data: Float64Array): number =>
    interpret(program, new Map(feeds).set(name, { ...input, data })).outputs.get('loss')!.data[0]!;
  return Array.from(input.data, (value, element) => {
    const above = lossAt(input.data.with(element, value + H));
    return (above - lossAt(input.data.with(element, value - H))) / (2 * H);
  });
}
