import { scanParts } from '../../../../src-shared/program/shapes/scan-shapes.ts';
import type { ValueId } from '../../../../src-shared/program/language/types.ts';
import type { OnnxValueInfo } from '../model/onnx-model.ts';
import { LoweringContext } from './context.ts';
import type { Lowerings } from './context.ts';

export const scanLowerings: Lowerings<'scan'> = {
  scan(context, { attributes, inputs, outputs }) {
    const { writer } = context;
    const { body, carried, sequences, reverse } = attributes;
    const inner = writer.inner();
    const inside = new LoweringContext(inner, body.values, new Set(), context.lower);
    const roles = scanParts(body.inputs, attributes);
    const given = scanParts(inputs, attributes);
    // The first axis may differ from the batch: a wrapper may have merged steps into it.
    const describe = (value: ValueId): OnnxValueInfo => {
      const { dtype, shape } = inside.type(value);
      const name = inner.newName();
      return { name, type: dtype, shape: shape.map((size) => size ?? `rows${name}`) };
    };
    for (const { value } of [...roles.carried, ...roles.sequences]) inside.bind(value, inner.input(describe(value)));
    // The body reads loop-invariant values from the outer graph.
    roles.matrices.forEach(({ value }, i) => inside.bind(value, context.get(given.matrices[i]!)));
    roles.constants.forEach(({ value }, i) => inside.bind(value, context.get(given.constants[i]!)));
    for (const operation of body.operations) context.lower(inside, operation);
    for (const { value } of body.outputs) inner.output(inside.get(value), describe(value));
    const direction = reverse ? 1 : 0;
    const stacked = outputs.length - carried;
    const results = writer.nodes(
      'Scan',
      [...given.carried, ...given.sequences].map((value) => context.get(value)),
      outputs.length,
      {
        body: inner.finish('step'),
        num_scan_inputs: sequences,
        scan_input_axes: new Array<number>(sequences).fill(1),
        scan_input_directions: new Array<number>(sequences).fill(direction),
        ...(stacked === 0
          ? {}
          : {
              scan_output_axes: new Array<number>(stacked).fill(1),
              scan_output_directions: new Array<number>(stacked).fill(direction),
            }),
      },
    );
    outputs.forEach((output, i) => context.bind(output, results[i]!));
  },
};
