import { portsNamed } from '../../../document/schema/ports.ts';
import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import { elementCount, showShape } from '../../../program/language/shape.ts';
import type { Shape, ValueId } from '../../../program/language/types.ts';
import { axesProblem, axisOf } from '../../definition/axes.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { integersOf } from '../../parameters/number-list.ts';
import type { ParameterValues } from '../../parameters/resolve-parameters.ts';
import { unitLength } from '../normalization/unit-length.ts';

/** The axis of each input that is summed over, counted from the front. */
function axesOf({ axes }: ParameterValues, [a, b]: readonly Shape[]): [number, number] {
  const [first, second = first] = integersOf(axes) as [number, number?];
  return [axisOf(first, a!), axisOf(second!, b!)];
}

/** The other sizes of one example. */
function rest(shape: Shape, axis: number): number[] {
  return shape.flatMap((size, i) => (i === 0 || i === axis ? [] : [size!]));
}

/** x as matrices [batch, other sizes, axis], or with `axisFirst` [batch, axis, other sizes]. */
function asMatrices(builder: ProgramBuilder, x: ValueId, axis: number, axisFirst: boolean): ValueId {
  const shape = builder.shapeOf(x);
  const others = shape.flatMap((_, i) => (i === 0 || i === axis ? [] : [i]));
  const moved = builder.transpose(x, axisFirst ? [0, axis, ...others] : [0, ...others, axis]);
  const count = elementCount(rest(shape, axis));
  return builder.reshape(moved, axisFirst ? [null, shape[axis]!, count] : [null, count, shape[axis]!]);
}

export const dot: LayerDefinition = {
  kind: 'Dot',
  family: 'merge',
  otherNames: ['dot product', 'inner product', 'matrix product', 'matmul'],
  description: 'Multiplies two inputs and sums over one axis of each.',
  formula: 'Σ a · b',
  inputs: { min: 2, max: 2, ports: portsNamed('a', 'b') },
  parameters: [
    {
      name: 'axes',
      label: 'Axes',
      help: 'The axis to sum over: one number, or one for each input.',
      default: -1,
      type: { kind: 'integers', min: -8, max: 8, minLength: 1, maxLength: 2 },
      keras: 'required',
    },
    {
      name: 'normalize',
      label: 'Normalize',
      help: 'Gives rows length 1 first, so that the product is the cosine of their angle.',
      default: false,
      type: { kind: 'boolean' },
    },
  ],
  summarize: ({ normalize }) => (normalize === true ? 'cosine' : ''),
  check: (params, shapes) => {
    const [a, b] = axesOf(params, shapes);
    const problem = axesProblem([a], shapes[0]!) ?? axesProblem([b], shapes[1]!);
    if (problem !== null || shapes[0]![a] === shapes[1]![b]) return problem;
    return `needs the same size on axis ${a} of its first and axis ${b} of its second input; received ${shapes.map(showShape).join(' and ')}. Choose other axes.`;
  },
  emit: ({ builder, params, inputs, inputShapes }) => {
    const axes = axesOf(params, inputShapes);
    const [a, b] = inputs.map((input, i) =>
      params['normalize'] === true ? unitLength(builder, input, [axes[i]!]) : input,
    );
    const product = builder.matMul(asMatrices(builder, a!, axes[0], false), asMatrices(builder, b!, axes[1], true));
    const sizes = [...rest(inputShapes[0]!, axes[0]), ...rest(inputShapes[1]!, axes[1])];
    return builder.reshape(product, [null, ...(sizes.length === 0 ? [1] : sizes)]);
  },
};
